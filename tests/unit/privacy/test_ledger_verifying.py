"""What is read of a ledger, and what follows when somebody knows more than it says."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.privacy.ledger import file, verifying
from services.privacy.ledger.decided import Decided, Order
from services.privacy.ledger.lines import Mark
from services.privacy.ledger.verifying import Verdict, Walked, Witness
from shared.contracts.privacy import KnownPermission, OrderedSubject


def ordered(person: UUID) -> Decided:
    people = (OrderedSubject(subject_id=person, case_id=uuid4(), terminate_contract=True),)
    return Decided(orders=(Order(order_id=uuid4(), people=people),))


def ruled(version: int) -> Decided:
    return Decided(rulings=(KnownPermission(subject_id=uuid4(), purpose="*", allowed=False, version=version),))


@dataclass(frozen=True)
class Written:
    """A ledger of four lines, of which the third came to nothing; the places behind the others."""

    folder: Path
    erased: UUID
    nobody: UUID
    first: Mark
    second: Mark
    end: Mark

    @property
    def walked(self) -> Walked:
        return verifying.walk(self.folder, self.first)

    def judged(self, database: Mark | None = None, kept: Mark | None = None, **known: Any) -> Verdict:
        soon = datetime.now(UTC) + timedelta(hours=1)
        witness = replace(Witness("apple", self.end, soon, frozenset(), 7, 0), **known)
        place = database or self.end
        walked = verifying.walk(self.folder, place, [kept] if kept else [])
        return verifying.judge(walked, place, [witness], afterwards=place, kept=kept)


@pytest.fixture
def written(tmp_path: Path) -> Written:
    erased, nobody = uuid4(), uuid4()
    first = file.begin(tmp_path, [Decided(begun=uuid4())])
    second = file.append(tmp_path, first, ordered(erased))
    file.append(tmp_path, second, ordered(nobody))
    return Written(tmp_path, erased, nobody, first, second, file.append(tmp_path, second, ruled(7)))


def test_a_line_that_came_to_nothing_is_read_and_does_not_count(written: Written) -> None:
    assert (written.walked.end, written.walked.counted) == (written.end, 3)
    assert written.walked.erased == {written.erased}
    assert not written.walked.half_a_line
    with (written.folder / file.NAME).open("ab") as opened:
        opened.write(b'{"number":5')
    assert verifying.walk(written.folder, written.first).half_a_line


def test_nobody_knows_more(written: Written) -> None:
    assert written.judged(kept=written.second, erased=frozenset([written.erased])).standing == "whole"


def test_a_database_behind_takes_over_the_rest(written: Written) -> None:
    assert written.judged(written.second).standing == "behind"


@pytest.mark.parametrize("known", [{"erased": frozenset([uuid4()])}, {"ruling": 8}, {"hold": 1}])
def test_what_another_service_knows_beyond_it_was_cut_off(written: Written, known: dict[str, Any]) -> None:
    assert written.judged(**known).standing == "short"


def test_a_place_beyond_its_end_tells_of_a_cut_unless_it_is_of_an_earlier_ledger(written: Written) -> None:
    beyond = replace(written.end, number=9)
    assert written.judged(reached=beyond).standing == "short"
    assert written.judged(reached=beyond, reached_at=datetime(2026, 1, 1, tzinfo=UTC)).standing == "whole"
    assert written.judged(beyond).standing == "short"
    assert written.judged(kept=beyond).standing == "short"


def test_a_line_that_was_kept_and_is_another_one(written: Written) -> None:
    assert written.judged(kept=replace(written.second, hash="0" * 64)).standing == "broken"
    assert written.judged(replace(written.second, hash="0" * 64)).standing == "broken"


def test_only_behind_a_place_of_this_ledger_something_is_salvaged(written: Written) -> None:
    assert [bool(each.orders) for each in verifying.salvaged(written.walked, written.first)] == [True, False]
    stranger = replace(written.first, hash="0" * 64)
    assert verifying.salvaged(verifying.walk(written.folder, stranger), stranger) == []


def test_up_to_a_break_it_is_read(written: Written) -> None:
    lines = (written.folder / file.NAME).read_bytes()
    (written.folder / file.NAME).write_bytes(lines.replace(b'"version":7', b'"version":6'))
    walked = verifying.walk(written.folder, written.first)
    assert (walked.end.number, walked.erased) == (3, {written.erased, written.nobody})
    assert written.judged(written.second).standing == "broken"
