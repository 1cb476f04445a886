"""Licenses: the holder's view, and what the vendor's program asks by license key."""

from typing import Literal
from uuid import UUID

from starlette.responses import JSONResponse, Response

from services.gateway.authentication import Anybody, CurrentMember, RequiredKey
from services.gateway.limits import Kind
from services.gateway.request_bodies import Body, BodyWithout
from services.gateway.responses import no_content
from services.gateway.routing import router
from shared.contracts import licensing
from shared.contracts.message import Created

programs = router("license keys", Kind.LICENSE)
members = router("licenses", Kind.MEMBER)
anybody = router("license keys")

KEPT_FOR = {"Cache-Control": "public, max-age=3600"}
"""A new key is published long before it signs."""


class KeySet(JSONResponse):
    """As RFC 7517, 8.5 names it."""

    media_type = "application/jwk-set+json"


class Validation(licensing.Judgement):
    """Whether a key may be used; `code` is the first reason why not, in the order of the documentation."""

    code: str


class LicenseFile(licensing.FileAnswer):
    """A license file, or the one reason why there is none."""

    code: str


def _validation(answer: licensing.Validation) -> Validation:
    """An older service says one code."""
    return Validation.model_validate(answer.model_dump() | {"code": answer.exact_code or answer.code})


def _file(answer: licensing.LicenseFile) -> LicenseFile:
    return LicenseFile.model_validate(answer.model_dump() | {"code": answer.exact_code or answer.code})


@programs.post("/licenses/validate")
async def validate(body: Body[licensing.ValidateLicense], caller: Anybody) -> Validation:
    """May this key be used?"""
    return _validation(await caller.request(body.complete()))


@programs.post("/licenses/activate")
async def activate(body: Body[licensing.ActivateLicense], caller: Anybody) -> Validation:
    """Bind a device to a license, within its limit; repeating it changes nothing."""
    return _validation(await caller.request(body.complete()))


@programs.post("/licenses/deactivate", status_code=204, response_class=Response)
async def deactivate(body: Body[licensing.DeactivateLicense], caller: Anybody) -> Response:
    """Free the seat of a device; 409 with Retry-After where a license allows no more in 30 days."""
    await caller.request(body.complete())
    return no_content()


@programs.post("/licenses/files")
async def check_out(body: Body[licensing.CheckOutLicense], caller: Anybody) -> LicenseFile:
    """A license file for a device that holds a seat, to work with while nothing answers."""
    return _file(await caller.request(body.complete()))


@anybody.get("/.well-known/lethe-keys", response_class=KeySet, response_model=licensing.LicenseKeys)
async def public_keys(caller: Anybody) -> Response:
    """What license files and signed answers are checked with: a JWK set, the key that signs now first."""
    keys = await caller.request(licensing.ReadLicenseKeys())
    return KeySet(keys.model_dump(), headers=KEPT_FOR)


@members.post("/trials", status_code=201)
async def start_trial(body: Body[licensing.StartTrial], member: CurrentMember, key: RequiredKey) -> Created:
    """Try a product, once per product and person; the id is that of its license."""
    return await member.request(body.complete(), key)


@members.get("/licenses")
async def licenses(member: CurrentMember) -> licensing.Licenses:
    """One's own licenses, newest first; keys are masked."""
    return await member.request(licensing.ListLicenses())


@members.get("/licenses/{license_id:uuid}/key")
async def key(license_id: UUID, member: CurrentMember) -> licensing.RevealedKey:
    """The key of one's own license."""
    return await member.request(licensing.RevealLicense(license_id=license_id))


@members.post("/licenses/{license_id:uuid}/key")
async def replace_key(license_id: UUID, member: CurrentMember) -> licensing.RevealedKey:
    """Replace a leaked key; the old one and its devices are void."""
    return await member.request(licensing.RotateLicense(license_id=license_id))


@members.delete("/licenses/{license_id:uuid}", status_code=204, response_class=Response)
async def end(license_id: UUID, member: CurrentMember) -> Response:
    """End the contract of one's own license; a perpetual one asks for a session proved a short while ago."""
    await member.request(licensing.EndLicense(license_id=license_id))
    return no_content()


@members.post("/licenses/{license_id:uuid}/restoration", status_code=204, response_class=Response)
async def restore(license_id: UUID, member: CurrentMember) -> Response:
    """Take back the end of one's own license, for seven days."""
    await member.request(licensing.RestoreLicense(license_id=license_id))
    return no_content()


@members.delete("/licenses/{license_id:uuid}/devices/{activation_id:uuid}", status_code=204, response_class=Response)
async def free_seat(license_id: UUID, activation_id: UUID, member: CurrentMember) -> Response:
    """Free the seat of a device that is lost or broken."""
    await member.request(licensing.DeactivateDevice(license_id=license_id, activation_id=activation_id))
    return no_content()


@members.post("/licenses/{license_id:uuid}/offline-files")
async def offline_file(
    license_id: UUID, body: BodyWithout[licensing.IssueOfflineFile, Literal["license_id"]], member: CurrentMember
) -> LicenseFile:
    """A license file for a device without a network, by the request that its program wrote; it takes a seat."""
    return _file(await member.request(body.complete(license_id=license_id)))
