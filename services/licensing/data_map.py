"""What licensing holds about a person, why, until when, and what erasure does to it.

Children stand before what they reference: the retention run goes through the tables in this order.
"""

from shared.personal_data.data_map import OWNER, Category, Column, DataMap, RetentionClass, Table, Unkeyed, fact
from shared.purposes import ProcessingPurpose

CONTRACT = (ProcessingPurpose.SALES,)
TAX = (ProcessingPurpose.TAXES, ProcessingPurpose.ACCOUNTING)

DATA_MAP = DataMap(
    service="licensing",
    version=8,
    tables=(
        Table(
            "activation",
            Category.LICENSES,
            purposes=(ProcessingPurpose.SALES, ProcessingPurpose.SECURITY),
            retention=RetentionClass.CONTRACT,
            kept=True,  # only while a contract runs that the person did not end
            columns=(
                OWNER,
                Column("device_hash", Category.LICENSES, source="observed", withheld="hash"),
                Column("label", Category.LICENSES, source="observed", blank=True),
                *fact("activation_id", "license_id", "activated_at", "last_seen_at", "leased_until", "freed_at"),
            ),
        ),
        Table(
            "suspension",
            Category.LICENSES,
            purposes=(ProcessingPurpose.SALES, ProcessingPurpose.SECURITY),
            retention=RetentionClass.CONTRACT,
            portable=False,
            kept=True,  # only while a contract runs that the person did not end
            columns=(
                OWNER,
                Column("reason", Category.LICENSES, source="observed"),
                *fact("license_id", "cause", "source", "since"),
            ),
        ),
        Table(
            "license",
            Category.LICENSES,
            purposes=(ProcessingPurpose.SALES, ProcessingPurpose.SECURITY),
            retention=RetentionClass.CONTRACT,
            kept=True,  # only while a contract runs that the person did not end
            columns=(
                OWNER,
                Column("sealed_key", Category.LICENSES, source="observed", blank=True, withheld="sealed"),
                *fact(
                    "license_id", "order_id", "product", "edition", "policy_version", "key_end", "state", "device_limit"
                ),
                *fact("deactivated_at", "updates_until", "trial_until"),
                *fact("key_hash", withheld="hash"),
                *fact("issued_at", "expires_at", "ended_at", "end_reason", "ended_from"),
                *fact("expiry_told_at", "expiry_told_step", "expiry_told_end"),
            ),
        ),
        Table(
            "ban",
            Category.ACTIVITY,
            purposes=(ProcessingPurpose.SECURITY,),
            retention=RetentionClass.CONTRACT,
            columns=(OWNER, Column("reason", Category.ACTIVITY, source="observed"), *fact("banned_at")),
        ),
        Table(
            "sale_look",
            Category.PRIVACY_CASES,
            purposes=(ProcessingPurpose.ACCOUNTABILITY,),
            retention=RetentionClass.PROOF,
            portable=False,
            columns=(OWNER, *fact("look_id", "at", "purpose"), *fact("by", withheld="others")),
        ),
        Table(
            "refund",
            Category.ORDERS,
            purposes=TAX,
            retention=RetentionClass.TAX,
            kept=True,
            columns=(
                OWNER,
                Column("provider_refund", Category.TAX_EVIDENCE, source="third party"),
                *fact("refund_id", "order_id", "payment_id", "correction_id", "amount", "refunded_at"),
                *fact("due_on", "sent_at", "came_back_at", "undone_at", "reason"),
            ),
        ),
        Table(
            "dispute",
            Category.ORDERS,
            purposes=TAX,
            retention=RetentionClass.TAX,
            kept=True,
            columns=(
                OWNER,
                Column("provider_dispute", Category.TAX_EVIDENCE, source="third party"),
                Column("reason", Category.ORDERS, source="third party"),
                *fact("dispute_id", "order_id", "payment_id", "amount", "state"),
                *fact("opened_at", "evidence_until", "closed_at"),
            ),
        ),
        Table(
            "ksef_invoice",
            Category.ORDERS,
            purposes=TAX,
            retention=RetentionClass.TAX,
            kept=True,
            columns=(
                OWNER,
                Column("document", Category.ORDERS),
                *fact("sha256", withheld="hash"),
                *fact("invoice_id", "state", "link", "certificate_link", "attempts", "next_try_at", "fault"),
                *fact("session_reference", "reference", "sent_at", "ksef_number", "accepted_at", "receipt"),
            ),
        ),
        Table(
            "invoice",
            Category.ORDERS,
            purposes=(ProcessingPurpose.TAXES, ProcessingPurpose.ACCOUNTING, ProcessingPurpose.DEBT_COLLECTION),
            retention=RetentionClass.TAX,
            kept=True,
            columns=(
                OWNER,
                Column("buyer_name", Category.NAME, identifies=True),
                Column("buyer_company", Category.COMPANY, identifies=True),
                Column("buyer_nip", Category.COMPANY, identifies=True),
                Column("buyer_vat_number", Category.COMPANY, identifies=True),
                Column("buyer_street", Category.ADDRESS, identifies=True),
                Column("buyer_postal_code", Category.ADDRESS),
                Column("buyer_city", Category.ADDRESS),
                Column("buyer_country", Category.ADDRESS),
                *fact("invoice_id", "order_id", "number", "kind", "cause", "corrects", "issued_on", "sold_on"),
                *fact("due_on", "settled_on", "bank_account", "reminders", "item", "quantity", "net", "vat", "gross"),
                *fact("vat_rate", "vat_note", "seller", "seller_nip", "seller_address", "currency"),
            ),
        ),
        Table(
            "payment",
            Category.ORDERS,
            purposes=(ProcessingPurpose.SALES, ProcessingPurpose.TAXES),
            retention=RetentionClass.TAX,
            kept=True,
            columns=(
                OWNER,
                Column("reference", Category.TAX_EVIDENCE, source="observed"),
                Column("pay_url", Category.ORDERS, source="third party", blank=True),
                *fact("payment_id", "order_id", "provider", "amount", "state", "started_at", "confirmed_at"),
                *fact("inquiries", "next_inquiry_at"),
            ),
        ),
        Table(
            "purchase_buyer",
            Category.NAME,
            purposes=CONTRACT,
            retention=RetentionClass.CONTRACT,  # until the invoice holds them, or the order ends
            columns=(
                OWNER,
                Column("name", Category.NAME, identifies=True),
                Column("company", Category.COMPANY, identifies=True),
                Column("nip", Category.COMPANY, identifies=True),
                Column("vat_number", Category.COMPANY, identifies=True),
                Column("street", Category.ADDRESS, identifies=True),
                Column("postal_code", Category.ADDRESS),
                Column("city", Category.ADDRESS),
                Column("seen_country", Category.TAX_EVIDENCE, source="observed"),
                *fact("order_id", "language", "confirms_country"),
            ),
        ),
        Table(
            "purchase_terms",
            Category.ORDERS,
            purposes=CONTRACT,
            retention=RetentionClass.CLAIMS,
            kept=True,  # once the key was delivered
            columns=(
                OWNER,
                *fact(
                    "order_id",
                    "terms_version",
                    "terms_sha256",
                    "accepted_at",
                    "immediate_delivery_at",
                    "withdrawal_waived_at",
                ),
                *fact("professional", "consumer", "asked_at", "confirmed_at", "begun_at"),
            ),
        ),
        Table(
            "withdrawal",
            Category.ORDERS,
            purposes=CONTRACT,
            retention=RetentionClass.CLAIMS,
            kept=True,
            columns=(
                OWNER,
                *fact("order_id", "stated_at", "amount", "back_by", "refund_by", "acknowledged_at"),
            ),
        ),
        Table(
            "tax_evidence",
            Category.TAX_EVIDENCE,
            purposes=(ProcessingPurpose.TAXES,),
            retention=RetentionClass.OSS,
            kept=True,
            columns=(OWNER, Column("country", Category.TAX_EVIDENCE), *fact("order_id", "kind", "observed_at")),
        ),
        Table(
            "purchase_origin",
            Category.ORDER_IP,
            purposes=(ProcessingPurpose.SECURITY,),
            retention=RetentionClass.SECURITY,  # 90 days
            columns=(
                OWNER,
                Column("ip", Category.ORDER_IP, source="observed", identifies=True),
                *fact("order_id", "observed_at", "purge_after"),
            ),
        ),
        Table(
            "purchase",
            Category.ORDERS,
            purposes=(ProcessingPurpose.SALES, ProcessingPurpose.TAXES, ProcessingPurpose.ACCOUNTING),
            retention=RetentionClass.TAX,
            kept=True,
            held_with=(Category.LICENSES, Category.TAX_EVIDENCE),
            columns=(
                OWNER,
                Column("country", Category.TAX_EVIDENCE),
                *fact("order_id", "product", "edition", "policy_version", "quantity", "pay_by", "state"),
                *fact("renews", "renewed_at", "before_end", "before_edition", "before_version"),
                *fact("vat_treatment", "vat_rate", "net", "vat", "gross", "refunded", "placed_at", "paid_at"),
            ),
        ),
    ),
    unkeyed=(
        Unkeyed("product", "the catalogue"),
        Unkeyed("webhook_endpoint", "systems of the vendor's that are told of events"),
        Unkeyed(
            "webhook_delivery", "random ids of licenses and orders that such a system is told of, gone after 90 days"
        ),
        Unkeyed("ksef_outage", "when KSeF did not answer"),
        Unkeyed("policy", "the terms of products, version by version"),
        Unkeyed(
            "trial_mark",
            "pseudonymous, and kept on purpose after an erasure: keyed hashes of mailboxes and devices that had a"
            " trial, so that nobody has one after the other (GDPR Art. 6(1)(f)); without the key outside the database"
            " nobody is recognizable",
            (Category.EMAIL, Category.LICENSES),
            ends="12 months after the trial began",
        ),
        Unkeyed("invoice_series", "the last number of each series and year"),
        Unkeyed("void_payment", "random references of payments whose money is to go back, gone after 90 days"),
        Unkeyed(
            "staff_case", "random references and amounts that were not booked, gone 90 days after somebody has looked"
        ),
    ),
)
