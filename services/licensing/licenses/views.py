"""A license as its holder and staff see it."""

from collections.abc import Sequence

from services.licensing.licenses import keys, rules
from services.licensing.licenses.devices import Device
from services.licensing.licenses.rules import License
from shared.clock import now
from shared.contracts import licensing
from shared.contracts.fields import NOBODY


def published(license_: License, held: Sequence[Device]) -> licensing.License:
    return licensing.License(
        license_id=license_.license_id,
        order_id=license_.order_id or NOBODY,
        product=license_.product,
        key=keys.masked(license_.key_end),
        state=rules.holder_state(license_, now()),
        device_limit=license_.device_limit,
        devices=tuple(
            licensing.Device.model_validate(device, from_attributes=True)
            for device in held
            if device.license_id == license_.license_id
        ),
        issued_at=license_.issued_at,
        expires_at=license_.expires_at,
        edition=license_.policy.edition,
        entitlements=license_.policy.entitlements,
        updates_until=license_.updates_until,
        trial=rules.is_trial(license_),
    )
