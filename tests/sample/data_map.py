"""What the sample service holds about a person, why, until when, and what erasure does to it."""

from shared.personal_data.data_map import OWNER, Category, Column, DataMap, Table, fact

DATA_MAP = DataMap(
    service="sample",
    version=1,
    tables=(
        Table(
            "note",
            Category.CORRESPONDENCE,
            purposes=("P1",),
            retention="R-LIVE",
            columns=(
                OWNER,
                Column("friend_id", role="party"),
                Column("author_id", role="author"),
                Column("text", Category.CORRESPONDENCE),
                *fact("note_id", "noted_at"),
            ),
        ),
        Table(
            "receipt",
            Category.ORDERS,
            purposes=("P4",),
            retention="R-TAX",
            kept=True,
            columns=(
                OWNER,
                Column("payer_id", role="party"),
                Column("wish", Category.CORRESPONDENCE, blank=True),
                *fact("receipt_id", "amount_cents"),
            ),
        ),
        Table(
            "membership",
            Category.LICENSES,
            purposes=("P2",),
            retention="R-CONTRACT",
            kept=True,
            columns=(OWNER, *fact("membership_id")),
        ),
    ),
)
