"""What the sample service holds about a person, why, until when, and what erasure does to it."""

from shared.personal_data.data_map import OWNER, Category, Column, DataMap, RetentionClass, Table, fact
from shared.purposes import ProcessingPurpose

DATA_MAP = DataMap(
    service="sample",
    version=1,
    tables=(
        Table(
            "note",
            Category.CORRESPONDENCE,
            purposes=(ProcessingPurpose.SALES,),
            retention=RetentionClass.CONTRACT,
            columns=(
                OWNER,
                Column("friend_id", role="party"),
                Column("author_id", role="author"),
                Column("text", Category.CORRESPONDENCE, identifies=True),
                *fact("note_id", "noted_at"),
            ),
        ),
        Table(
            "receipt",
            Category.ORDERS,
            purposes=(ProcessingPurpose.CONTRACT_REQUESTS, ProcessingPurpose.CUSTOMER_SERVICE),
            retention=RetentionClass.TAX,
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
            purposes=(ProcessingPurpose.ACCOUNTS,),
            retention=RetentionClass.CONTRACT,
            kept=True,
            columns=(OWNER, *fact("membership_id")),
        ),
    ),
)
