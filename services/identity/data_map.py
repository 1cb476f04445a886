"""What identity holds about a person, why, until when, and what erasure does to it."""

from shared.personal_data.data_map import OWNER, Category, Column, DataMap, Table, fact

DATA_MAP = DataMap(
    service="identity",
    version=1,
    tables=(
        Table(
            "account",
            Category.NAME,
            purposes=("P2", "P5"),
            retention="R-LIVE",
            columns=(
                OWNER,
                Column("email", Category.EMAIL),
                Column("full_name", Category.NAME),
                *fact("language"),
            ),
        ),
    ),
)
