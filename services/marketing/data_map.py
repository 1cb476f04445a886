"""What marketing holds about a person, why, until when, and what erasure does to it."""

from shared.personal_data.data_map import OWNER, Category, Column, DataMap, RetentionClass, Table, Unkeyed, fact
from shared.purposes import ProcessingPurpose, Purpose

DATA_MAP = DataMap(
    service="marketing",
    version=4,
    tables=(
        Table(
            "subscriber",
            Category.EMAIL,
            purposes=(ProcessingPurpose.DIRECT_MARKETING, ProcessingPurpose.COMMERCIAL_MESSAGES),
            retention=RetentionClass.MARKETING,
            columns=(
                OWNER,
                Column("email", Category.EMAIL, identifies=True),
                # by this an erasure remembers that the person had left or objected
                Column("address_hash", Category.EMAIL, source="inferred", withheld="hash"),
                *fact("state", "language", "source", "since", "left_at", "stale", "keep_until"),
                *fact("unreachable_version", "asked_on"),
            ),
        ),
        Table(
            "interest",
            Category.MARKETING,
            purposes=(ProcessingPurpose.DIRECT_MARKETING, ProcessingPurpose.PROFILING),
            retention=RetentionClass.MARKETING,
            ends_with=(Purpose.PROFILING,),
            columns=(
                OWNER,
                Column("topic", Category.MARKETING, source="observed"),
                *fact("source", "weight", "noted_at", "keep_until"),
            ),
        ),
        Table(
            "mailing",
            Category.MARKETING,
            purposes=(ProcessingPurpose.DIRECT_MARKETING, ProcessingPurpose.COMMERCIAL_MESSAGES),
            retention=RetentionClass.MARKETING,
            portable=False,
            columns=(
                OWNER,
                *fact("campaign_id", "state", "due_at", "attempts", "claimed_at", "settled_at", "keep_until"),
            ),
        ),
    ),
    unkeyed=(
        Unkeyed(
            "signup",
            "sealed addresses of nobody known yet, gone when confirmed or after 48 hours",
            (Category.EMAIL,),
            ends="when it is confirmed, after 48 hours, or with the erasure",
        ),
        Unkeyed("campaign", "the vendor's own words and totals"),
        Unkeyed(
            "suppression",
            "pseudonymous, and kept on purpose after an erasure: keyed hashes of addresses whose owners objected or"
            " left, beside nothing else, because the objection must go on being obeyed (GDPR Art. 21(3), 17(3)(b));"
            " without the key outside the database nobody is recognizable, and a new double opt-in removes the entry",
            (Category.EMAIL,),
            ends="when the owner of the address confirms the newsletter anew; otherwise never",
        ),
    ),
)
