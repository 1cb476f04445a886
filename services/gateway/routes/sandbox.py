"""The page of the built-in payment provider; licensing answers 404 where it is not wired."""

from typing import Annotated, Literal

from fastapi import Path, Request
from starlette.responses import HTMLResponse

from services.gateway.authentication import Anybody
from services.gateway.forms import URLENCODED, form_fields
from services.gateway.pages import page
from services.gateway.routing import router
from shared.contracts import licensing
from shared.problems import refuse

buyers = router("payment sandbox")

Reference = Annotated[str, Path(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9_-]+$")]
TITLE = "PayGate Sandbox"
OUTCOMES: dict[tuple[str, str], Literal["payment.confirmed", "payment.failed"]] = {
    ("outcome", "pay"): "payment.confirmed",
    ("outcome", "fail"): "payment.failed",
}
DECISION = {
    "requestBody": {
        "required": True,
        "content": {
            URLENCODED: {
                "schema": {
                    "type": "object",
                    "required": ["outcome"],
                    "properties": {"outcome": {"type": "string", "enum": ["pay", "fail"]}},
                }
            }
        },
    }
}


@buyers.get("/sandbox/payments/{reference}", response_class=HTMLResponse)
async def show(reference: Reference, caller: Anybody) -> HTMLResponse:
    """Where a buyer goes on to pay; no money is taken."""
    await caller.request(licensing.ReadSandbox(reference=reference))
    return page(TITLE, CHOICE)


@buyers.post("/sandbox/payments/{reference}", response_class=HTMLResponse, openapi_extra=DECISION)
async def decide(reference: Reference, request: Request, caller: Anybody) -> HTMLResponse:
    """Pay or fail: the sandbox posts its signed webhook, as a provider does."""
    chosen = await form_fields(request, URLENCODED) & OUTCOMES.keys()
    if len(chosen) != 1:
        raise refuse(422, "the request is not valid", field="outcome", message="pay or fail")
    signed = await caller.request(licensing.PlaySandbox(reference=reference, event=OUTCOMES[chosen.pop()]))
    await caller.request(licensing.PaymentWebhook(**signed.model_dump()))
    return page(TITLE, DONE)


CHOICE = """<form method="post">
<p><button name="outcome" value="pay">Zapłać · Pay</button>
<button name="outcome" value="fail">Odrzuć · Fail</button></p>
</form>"""
DONE = "<p>Gotowe. · Done.</p>"
