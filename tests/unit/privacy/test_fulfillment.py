"""What the register promises, held against what the services do."""

from dataclasses import replace

import pytest

from deploy.register.services import answered, found_holes, maps
from services.privacy.register.fulfillment import unfulfilled
from services.privacy.register.loading import load
from services.privacy.register.model import Register

REGISTER = load()


def with_right(**changed: object) -> Register:
    rights = {**REGISTER.rights, "access": REGISTER.rights["access"].model_copy(update=changed)}
    return replace(REGISTER, rights=rights)


def test_every_promise_of_this_register_is_fulfilled() -> None:
    assert found_holes() == []
    assert unfulfilled(REGISTER, maps(), answered()) == []


@pytest.mark.parametrize("key", REGISTER.rights)
def test_a_right_whose_requests_a_release_dropped_is_a_hole(key: str) -> None:
    for asked in REGISTER.rights[key].by:
        holes = unfulfilled(REGISTER, maps(), answered() - {asked})
        assert f"rights.toml: {key}.by: no service answers {asked}" in holes


def test_a_right_that_names_no_request_of_ours_is_a_hole() -> None:
    holes = unfulfilled(with_right(by=("privacy.open-case.v9",)), maps(), answered())
    assert holes == ["rights.toml: access.by: no service answers privacy.open-case.v9"]


def test_a_term_without_rows_says_where_its_data_are() -> None:
    """Enquiries come by e-mail; full books are kept by nobody here."""
    silent = {**REGISTER.retention, "R-ENQ": REGISTER.retention["R-ENQ"].model_copy(update={"elsewhere": None})}
    assert unfulfilled(replace(REGISTER, retention=silent), maps(), answered()) == [
        "retention.toml: R-ENQ: no table is of this class, and `elsewhere` does not say where its data are"
    ]
    books = REGISTER.controller.model_copy(update={"full_books": True})
    (hole,) = unfulfilled(replace(REGISTER, controller=books), maps(), answered())
    assert hole.startswith("retention.toml: R-BOOKS: no table is of this class")


def test_a_term_with_rows_does_not_say_that_there_are_none() -> None:
    here = REGISTER.retention["R-TAX"].model_copy(update={"elsewhere": REGISTER.retention["R-ENQ"].elsewhere})
    holes = unfulfilled(replace(REGISTER, retention={**REGISTER.retention, "R-TAX": here}), maps(), answered())
    assert holes == ["retention.toml: R-TAX.elsewhere: says that no table is of this class, but one is"]
