"""Who was told of a case, by name: as its person reads it, and its certificate."""

from collections.abc import Collection, Sequence
from uuid import UUID

from services.privacy.recipients import rules, store
from services.privacy.register.loading import register
from shared.contracts.fields import Language
from shared.contracts.privacy import Case, ToldRecipient
from shared.database import Transaction
from shared.law.calendar import WARSAW


async def with_recipients(tx: Transaction, cases: Sequence[Case]) -> tuple[Case, ...]:
    """Cases with who is told of them."""
    by_case = await of_cases(tx, [case.case_id for case in cases])
    return tuple(case.model_copy(update={"recipients": by_case.get(case.case_id, ())}) for case in cases)


async def of_cases(tx: Transaction, cases: Collection[UUID]) -> dict[UUID, tuple[ToldRecipient, ...]]:
    """Who is told of each of these cases, and how that ended."""
    by_case: dict[UUID, tuple[ToldRecipient, ...]] = {}
    for each in await store.of_cases(tx, cases):
        shown = ToldRecipient(
            recipient=rules.in_words(each.recipient, register(), each.language),
            about=each.about,
            lifted=each.lifted,
            how=each.how,
            settled_at=each.settled_at,
            reason=each.reason,
        )
        by_case[each.case_id] = (*by_case.get(each.case_id, ()), shown)
    return by_case


def in_words(each: ToldRecipient, language: Language) -> str:
    """How it stands with one of them, in a letter or a certificate."""
    day = f"{each.settled_at.astimezone(WARSAW).date()}" if each.settled_at else ""
    return rules.stands(each.recipient, each.how, day, each.reason, language)
