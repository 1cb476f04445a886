"""What the register promises, held against what the services do."""

from dataclasses import replace

import pytest
from pydantic import ValidationError

from deploy.register.services import answered, found_holes, jobs, maps
from services.privacy.register.entries import Telling
from services.privacy.register.fulfillment import unfulfilled
from services.privacy.register.gaps import gaps
from services.privacy.register.loading import load
from services.privacy.register.model import Register
from services.privacy.register.purposes import USES
from shared.purposes import Purpose

REGISTER = load()


def with_right(**changed: object) -> Register:
    rights = {**REGISTER.rights, "access": REGISTER.rights["access"].model_copy(update=changed)}
    return replace(REGISTER, rights=rights)


def test_every_promise_of_this_register_is_fulfilled() -> None:
    assert found_holes() == []
    assert unfulfilled(REGISTER, maps(), answered(), jobs()) == []


@pytest.mark.parametrize("key", REGISTER.rights)
def test_a_right_whose_requests_a_release_dropped_is_a_hole(key: str) -> None:
    for asked in REGISTER.rights[key].by:
        holes = unfulfilled(REGISTER, maps(), answered() - {asked}, jobs())
        assert f"rights.toml: {key}.by: no service answers {asked}" in holes


def test_a_right_that_names_no_request_of_ours_is_a_hole() -> None:
    holes = unfulfilled(with_right(by=("privacy.open-case.v9",)), maps(), answered(), jobs())
    assert holes == ["rights.toml: access.by: no service answers privacy.open-case.v9"]


def test_a_term_without_rows_says_where_its_data_are() -> None:
    """Enquiries come by e-mail; full books are kept by nobody here."""
    silent = {**REGISTER.retention, "R-ENQ": REGISTER.retention["R-ENQ"].model_copy(update={"elsewhere": None})}
    assert unfulfilled(replace(REGISTER, retention=silent), maps(), answered(), jobs()) == [
        "retention.toml: R-ENQ: no table is of this class, and `elsewhere` does not say where its data are"
    ]
    books = REGISTER.controller.model_copy(update={"full_books": True})
    (hole,) = unfulfilled(replace(REGISTER, controller=books), maps(), answered(), jobs())
    assert hole.startswith("retention.toml: R-BOOKS: no table is of this class")


def test_a_term_with_rows_does_not_say_that_there_are_none() -> None:
    here = REGISTER.retention["R-TAX"].model_copy(update={"elsewhere": REGISTER.retention["R-ENQ"].elsewhere})
    holes = unfulfilled(replace(REGISTER, retention={**REGISTER.retention, "R-TAX": here}), maps(), answered(), jobs())
    assert holes == ["retention.toml: R-TAX.elsewhere: says that no table is of this class, but one is"]


def promising(*by: str) -> Register:
    telling = REGISTER.tellings["new-purpose"].model_copy(update={"by": by})
    return replace(REGISTER, tellings={"new-purpose": telling})


def test_a_telling_that_nothing_does_is_a_hole() -> None:
    register = promising("request privacy.tell-all", "job privacy/shouting", "table privacy.loudspeaker")
    assert unfulfilled(register, maps(), answered(), jobs()) == [
        "tellings.toml: new-purpose.by: no service answers privacy.tell-all",
        "tellings.toml: new-purpose.by: no service has the job privacy/shouting",
    ]
    assert gaps(register, maps()) == ["tellings.toml: new-purpose.by: no service has the table privacy.loudspeaker"]


@pytest.mark.parametrize("key", REGISTER.recipients)
def test_a_recipient_whom_nothing_tells_is_a_hole(key: str) -> None:
    recipient = REGISTER.recipients[key].model_copy(update={"told_by": ("job privacy/nobody",)})
    register = replace(REGISTER, recipients={**REGISTER.recipients, key: recipient})
    holes = unfulfilled(register, maps(), answered(), jobs())
    assert holes == [f"recipients.toml: {key}.told_by: no service has the job privacy/nobody"]


def test_a_promise_without_anything_that_keeps_it_is_refused() -> None:
    for by in ([], ["privacy/telling"], ["hope privacy"]):
        words = {"pl": "nic", "en": "nothing"}
        with pytest.raises(ValidationError):
            Telling.model_validate({"key": "x", "title": words, "provision": "GDPR Art. 13", "by": by})


def test_the_register_names_every_use_that_a_permission_decides_about() -> None:
    """`retention` is nobody's purpose but keeps what is restricted; nothing is exported yet."""
    used = [use for purpose in (*REGISTER.purposes.values(), *REGISTER.planned.values()) for use in purpose.uses]
    assert sorted(used) == sorted(USES - {Purpose.RETENTION, Purpose.EXPORT})
