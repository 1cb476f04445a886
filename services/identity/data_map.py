"""What identity holds about a person, why, until when, and what erasure does to it: everything goes."""

from shared.personal_data.data_map import OWNER, Category, Column, DataMap, RetentionClass, Table, Unkeyed, fact
from shared.purposes import ProcessingPurpose

DATA_MAP = DataMap(
    service="identity",
    version=4,
    tables=(
        Table(
            "account",
            Category.NAME,
            purposes=(ProcessingPurpose.ACCOUNTS, ProcessingPurpose.CUSTOMER_SERVICE, ProcessingPurpose.SERVICE_MAIL),
            retention=RetentionClass.CONTRACT,
            columns=(
                OWNER,
                Column("email", Category.EMAIL),
                Column("full_name", Category.NAME),
                Column("street", Category.ADDRESS),
                Column("postal_code", Category.ADDRESS),
                Column("city", Category.ADDRESS),
                Column("country", Category.ADDRESS),
                Column("phone", Category.PHONE),
                Column("company", Category.COMPANY),
                Column("nip", Category.COMPANY),
                Column("vat_number", Category.COMPANY),
                Column("kind", Category.COMPANY),
                Column("language"),
                *fact("created_at", "mail_refused_at"),
            ),
        ),
        Table(
            "confirmed_address",
            Category.EMAIL,
            purposes=(ProcessingPurpose.ACCOUNTS, ProcessingPurpose.ACCOUNTABILITY),
            retention=RetentionClass.CONTRACT,
            columns=(OWNER, Column("address_hash", Category.EMAIL), *fact("confirmed_at")),
        ),
        Table(
            "linked_person",
            Category.NAME,
            purposes=(ProcessingPurpose.CUSTOMER_SERVICE, ProcessingPurpose.ACCOUNTABILITY),
            retention=RetentionClass.CONTRACT,
            columns=(OWNER, Column("person", source="inferred"), *fact("linked_at")),
        ),
        Table(
            "credential",
            Category.CREDENTIALS,
            purposes=(ProcessingPurpose.ACCOUNTS, ProcessingPurpose.SECURITY),
            retention=RetentionClass.CONTRACT,
            columns=(OWNER, Column("password_hash", Category.CREDENTIALS), *fact("changed_at")),
        ),
        Table(
            "session",
            Category.CREDENTIALS,
            purposes=(ProcessingPurpose.ACCOUNTS, ProcessingPurpose.SECURITY),
            retention=RetentionClass.SECURITY,
            columns=(
                OWNER,
                Column("token_hash", Category.CREDENTIALS, source="observed"),
                Column("device", Category.ACTIVITY, source="observed"),
                *fact("session_id", "created_at", "last_seen_at", "authenticated_at", "expires_at"),
                *fact("failures", "next_at"),
            ),
        ),
        Table(
            "known_device",
            Category.CREDENTIALS,
            purposes=(ProcessingPurpose.ACCOUNTS, ProcessingPurpose.SECURITY),
            retention=RetentionClass.SECURITY,
            columns=(
                OWNER,
                Column("token_hash", Category.CREDENTIALS, source="observed"),
                *fact("created_at", "last_used_at", "failures", "next_at"),
            ),
        ),
        Table(
            "password_reset",
            Category.CREDENTIALS,
            purposes=(ProcessingPurpose.ACCOUNTS, ProcessingPurpose.SECURITY),
            retention=RetentionClass.SECURITY,
            columns=(
                OWNER,
                Column("token_hash", Category.CREDENTIALS, source="observed"),
                *fact("asked_at", "expires_at"),
            ),
        ),
        Table(
            "email_change",
            Category.EMAIL,
            purposes=(ProcessingPurpose.ACCOUNTS, ProcessingPurpose.SECURITY),
            retention=RetentionClass.SECURITY,
            columns=(
                OWNER,
                Column("address_hash", Category.EMAIL),
                Column("email", Category.EMAIL),
                Column("old_email", Category.EMAIL),
                Column("undo_hash", Category.CREDENTIALS, source="observed"),
                *fact("change_id", "created_at", "tried", "tries", "effective_at"),
            ),
        ),
        Table(
            "activity",
            Category.ACTIVITY,
            purposes=(ProcessingPurpose.ACTIVITY_LOG, ProcessingPurpose.SECURITY),
            retention=RetentionClass.ACTIVITY,
            columns=(
                OWNER,
                Column("what", Category.ACTIVITY, source="observed"),
                Column("ip", Category.ACTIVITY, source="observed"),
                *fact("activity_id", "at"),
            ),
        ),
        Table(
            "service_mail",
            Category.ACTIVITY,
            purposes=(ProcessingPurpose.SERVICE_MAIL,),
            retention=RetentionClass.ACTIVITY,
            columns=(
                OWNER,
                Column("facts", Category.ACTIVITY, source="observed"),
                Column("email", Category.EMAIL),
                *fact("mail_id", "template", "created_at", "attempts", "next_try_at", "sent_at", "refused_at"),
            ),
        ),
    ),
    unkeyed=(
        Unkeyed(
            "sign_up",
            "unconfirmed sign-ups of nobody known yet, gone after 48 hours or with the person",
            (Category.NAME, Category.COMPANY, Category.ADDRESS, Category.PHONE, Category.EMAIL, Category.CREDENTIALS),
            ends="48 hours after the sign-up, or with the erasure",
        ),
        Unkeyed(
            "pending_address",
            "the mailboxes that these wait for, gone 48 hours after the newest or with the person",
            (Category.EMAIL,),
            ends="48 hours after the newest sign-up, or with the erasure",
        ),
        Unkeyed(
            "mail_request",
            "mail asked for in a form, decided in seconds; then a keyed hash for an hour at most",
            (Category.EMAIL,),
            ends="an hour after the last mail was asked for",
        ),
        Unkeyed(
            "sign_in_attempt",
            "tries by keyed hash, gone after a day or with the person",
            (Category.EMAIL,),
            ends="a day after the last try, or with the erasure",
        ),
        Unkeyed(
            "failed_sign_in",
            "wrong passwords by keyed hash, with the address of the client, for some seconds",
            (Category.EMAIL, Category.ACTIVITY),
            ends="when its owner is told, seconds later",
        ),
    ),
)
