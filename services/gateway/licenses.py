"""Licenses: the holder's view, and what the vendor's program asks by license key."""

from typing import Any
from uuid import UUID

from starlette.responses import Response

from services.gateway.answers import nothing
from services.gateway.bodies import Whole
from services.gateway.callers import Anybody, CurrentMember
from services.gateway.limits import Kind
from services.gateway.routes import routes
from shared.contracts import licensing

programs = routes("license keys", Kind.LICENSE)
members = routes("licenses", Kind.MEMBER)


@programs.post("/licenses/validate", response_model=licensing.Validation)
async def validate(body: Whole[licensing.ValidateLicense], caller: Anybody) -> Any:
    """May this key be used?"""
    return await caller.ask(body.complete())


@programs.post("/licenses/activate", response_model=licensing.Validation)
async def activate(body: Whole[licensing.ActivateLicense], caller: Anybody) -> Any:
    """Bind a device to a license, within its limit; repeating it changes nothing."""
    return await caller.ask(body.complete())


@programs.post("/licenses/deactivate", status_code=204, response_class=Response)
async def deactivate(body: Whole[licensing.DeactivateLicense], caller: Anybody) -> Response:
    """Free the seat of a device."""
    await caller.ask(body.complete())
    return nothing()


@members.get("/licenses", response_model=licensing.Licenses)
async def licenses(member: CurrentMember) -> Any:
    """One's own licenses, newest first; keys are masked."""
    return await member.ask(licensing.ListLicenses(subject_id=member.subject_id))


@members.get("/licenses/{license_id:uuid}/key", response_model=licensing.RevealedKey)
async def key(license_id: UUID, member: CurrentMember) -> Any:
    """The key of one's own license."""
    return await member.ask(licensing.RevealLicense(subject_id=member.subject_id, license_id=license_id))


@members.post("/licenses/{license_id:uuid}/key", response_model=licensing.RevealedKey)
async def replace_key(license_id: UUID, member: CurrentMember) -> Any:
    """Replace a leaked key; the old one and its devices are void."""
    return await member.ask(licensing.RotateLicense(subject_id=member.subject_id, license_id=license_id))


@members.delete("/licenses/{license_id:uuid}", status_code=204, response_class=Response)
async def end(license_id: UUID, member: CurrentMember) -> Response:
    """End the contract of one's own license for good."""
    await member.ask(licensing.EndLicense(subject_id=member.subject_id, license_id=license_id))
    return nothing()


@members.delete("/licenses/{license_id:uuid}/devices/{activation_id:uuid}", status_code=204, response_class=Response)
async def free_seat(license_id: UUID, activation_id: UUID, member: CurrentMember) -> Response:
    """Free the seat of a device that is lost or broken."""
    await member.ask(
        licensing.DeactivateDevice(subject_id=member.subject_id, license_id=license_id, activation_id=activation_id)
    )
    return nothing()
