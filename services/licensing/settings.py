"""What licensing needs besides what every service needs."""

import base64
from datetime import date, timedelta
from typing import Literal, Self
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from maxminddb import InvalidDatabaseError
from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator
from stdnum import iban

from services.licensing.ksef.account import KSEF, Account, Certificate
from services.licensing.payments.stripe_checkout import StripeAccount
from services.licensing.signing.keys import SigningKeys, check_setting
from services.licensing.signing.statements import OfflinePolicy
from services.licensing.vat import countries
from services.licensing.vat.rates import UNION
from services.licensing.vat.rules import TaxPolicy
from shared.law.tax_numbers import is_country
from shared.secrets import WEBHOOK_PREFIX, is_webhook_secret
from shared.settings import LOOPBACK, KeyedSettings

SANDBOX = "PayGate Sandbox S.A."
STRIPE = "https://api.stripe.com"


class LicensingSettings(KeyedSettings):
    """`LETHE_LICENSING_...` or `LETHE_...`. An empty payment secret is derived from the keys."""

    payment_adapter: Literal["none", "sandbox", "stripe"] = "none"
    """`sandbox` lets anybody press "pay": for demonstrations and tests. With `none` nobody pays by card."""
    payment_provider: str = SANDBOX
    bookkeeper: str = Field(default="Rachunki.example sp. z o.o.", min_length=1)
    """Who is handed the books, as the register of recipients names them."""
    payment_secret: SecretStr = SecretStr("")
    stripe_key: SecretStr = SecretStr("")
    """A restricted key of Stripe that may write Checkout Sessions and refunds, and read PaymentIntents."""
    stripe_webhook_secret: SecretStr = SecretStr("")
    """What Stripe signs the webhooks of our endpoint with: `whsec_...`."""
    stripe_url: str = STRIPE
    """Only tests name another one, on loopback."""
    seller: str = Field(default="NanoMedia Damian Kiełbasa", min_length=1)
    seller_nip: str = "9222828810"
    seller_address: str = Field(default="Łapiguz 10, 22-400 Zamość", min_length=1)
    bank_account: str = ""
    """The IBAN that buyers pay to; without one payment by transfer is not offered, as nobody could pay."""
    days_to_pay: int = Field(default=14, ge=1, le=60)
    credit_limit: int = Field(default=0, ge=0)
    """What one buyer may owe and get the key before paying, in grosze; by default no key leaves unpaid."""
    vat_exempt: bool = False
    """Whether the seller is exempt from VAT by its small turnover (ustawa o VAT art. 113)."""
    oss: bool = True
    """Whether the VAT of other countries of the Union is declared through OSS; without it little may be sold there."""
    countries_outside: str = ""
    """Countries outside the Union whose people are sold to, with commas: `CH,US`. Needs `country_database`."""
    country_database: str = ""
    """A file in MaxMind's format that tells the country of an IP address; without one nobody is located."""
    ksef_url: str = ""
    """Where KSeF is, as `https://api.ksef.mf.gov.pl`; without it no invoice is sent there."""
    ksef_token: SecretStr = SecretStr("")
    """A token of KSeF that may issue invoices in the seller's name."""
    ksef_since: date | None = None
    """From which day of issue on invoices go there."""
    ksef_consumers: bool = False
    """Whether invoices of consumers go there, too (ustawa o VAT art. 106gb(4))."""
    ksef_outages_url: str = ""
    """Where KSeF announces its outages, where that does not follow from its address."""
    ksef_qr_url: str = "https://qr.ksef.mf.gov.pl"
    """Where anybody verifies an invoice by the picture on it."""
    ksef_certificate_serial: str = Field(default="", pattern="^[0-9A-F]{0,40}$")
    """The serial number of a certificate of KSeF; with it invoices that leave before KSeF has them are signed for."""
    ksef_certificate_key: SecretStr = SecretStr("")
    """Its private key as PEM."""
    ksef_every_s: float = Field(default=60.0, gt=0)
    webhook_limit_s: float = Field(default=15.0, gt=0, le=45)
    """The time of one webhook to a system of the vendor's as a whole; less than its lease."""
    webhooks_every_s: float = Field(default=5.0, gt=0)
    local_webhooks: bool = False
    """Webhooks may go to inner networks, and without TLS to this machine: for tests and demonstrations."""
    notices_every_s: float = Field(default=3600.0, gt=0)
    signing_keys: SecretStr = SecretStr("")
    """What signs answers and license files: `<key>` or `<key>,<other key>`; empty: derived from the keys."""
    offline_answer_hours: int = Field(default=24, ge=1, le=168)
    """How long a program may believe a signed answer when it can't ask again."""
    offline_file_days: int = Field(default=30, ge=1, le=90)
    offline_grace_days: int = Field(default=7, ge=0, le=30)
    """How long a license file works on after its days."""

    @field_validator("payment_secret")
    @classmethod
    def _standard(cls, secret: SecretStr) -> SecretStr:
        text = secret.get_secret_value()
        if text and not is_webhook_secret(text):
            raise ValueError("a payment secret is written as whsec_<base64 of 24 to 64 bytes>")
        return secret

    @field_validator("signing_keys")
    @classmethod
    def _signing(cls, keys: SecretStr) -> SecretStr:
        check_setting(keys.get_secret_value())
        return keys

    @field_validator("bank_account")
    @classmethod
    def _iban(cls, account: str) -> str:
        if account and not iban.is_valid(account):
            raise ValueError("this is no IBAN: its check digits or form are wrong")
        return str(iban.compact(account))

    @field_validator("country_database")
    @classmethod
    def _countries(cls, path: str) -> str:
        try:
            countries.opened(path)
        except (OSError, InvalidDatabaseError) as cause:
            raise ValueError("this is no file in MaxMind's format that can be read") from cause
        return path

    @field_validator("countries_outside")
    @classmethod
    def _outside(cls, codes: str) -> str:
        wrong = [code for code in _listed(codes) if code in UNION or not is_country(code)]
        if wrong:
            raise ValueError(f"no countries outside the Union: {', '.join(wrong)}")
        return codes

    @model_validator(mode="after")
    def _seen(self) -> Self:
        if self.countries_outside and not self.country_database:
            raise ValueError("LETHE_LICENSING_COUNTRIES_OUTSIDE needs LETHE_LICENSING_COUNTRY_DATABASE")
        return self

    @model_validator(mode="after")
    def _ksef_whole(self) -> Self:
        if self.ksef_url and not (self.ksef_token.get_secret_value() and self.ksef_since):
            raise ValueError("LETHE_LICENSING_KSEF_URL needs LETHE_LICENSING_KSEF_TOKEN and LETHE_LICENSING_KSEF_SINCE")
        if self.ksef_certificate_serial and not _is_private_key(self.ksef_certificate_key.get_secret_value()):
            raise ValueError("LETHE_LICENSING_KSEF_CERTIFICATE_KEY is no private key as PEM without a password")
        return self

    @field_validator("payment_adapter")
    @classmethod
    def _no_public_sandbox(cls, adapter: str, info: ValidationInfo) -> str:
        if adapter == "sandbox" and urlsplit(info.data.get("public_url", "")).hostname not in LOOPBACK:
            raise ValueError("the sandbox takes no money and is refused where LETHE_PUBLIC_URL is not on loopback")
        return adapter

    @field_validator("stripe_url")
    @classmethod
    def _stripe_or_test(cls, url: str) -> str:
        if url != STRIPE and urlsplit(url).hostname not in LOOPBACK:
            raise ValueError(f"payments are taken by {STRIPE} alone")
        return url

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.payment_adapter != "stripe":
            return self
        if not (self.stripe_key.get_secret_value() and self.stripe_webhook_secret.get_secret_value()):
            raise ValueError("Stripe needs LETHE_LICENSING_STRIPE_KEY and LETHE_LICENSING_STRIPE_WEBHOOK_SECRET")
        if self.stripe_url == STRIPE and self.payment_provider == SANDBOX:
            raise ValueError("LETHE_LICENSING_PAYMENT_PROVIDER names Stripe as the register of recipients does")
        return self

    @property
    def stripe(self) -> StripeAccount:
        return StripeAccount(
            name=self.payment_provider,
            key=self.stripe_key.get_secret_value(),
            webhook_secret=self.stripe_webhook_secret.get_secret_value(),
            url=self.stripe_url,
            return_url=self.public_url,
        )

    @property
    def taxes(self) -> TaxPolicy:
        return TaxPolicy(self.vat_exempt, self.oss, frozenset(_listed(self.countries_outside)))

    @property
    def webhook_secret(self) -> str:
        derived = self.keyring("licensing").derive("payment webhooks")
        return self.payment_secret.get_secret_value() or f"{WEBHOOK_PREFIX}{base64.b64encode(derived).decode()}"

    @property
    def license_signing(self) -> SigningKeys:
        return SigningKeys.of(self.signing_keys.get_secret_value(), self.keyring("licensing"))

    @property
    def offline(self) -> OfflinePolicy:
        return OfflinePolicy(
            answer_fresh=timedelta(hours=self.offline_answer_hours),
            file_fresh=timedelta(days=self.offline_file_days),
            grace=timedelta(days=self.offline_grace_days),
        )

    @property
    def recipients(self) -> tuple[str, ...]:
        """The payment provider learns who pays; the bookkeeper, and KSeF where used, what was invoiced to whom."""
        return (self.payment_provider, self.bookkeeper, *((KSEF,) if self.ksef_url else ()))

    @property
    def ksef(self) -> Account | None:
        """None where invoices do not go to KSeF."""
        if not self.ksef_url or self.ksef_since is None:
            return None
        how = (self.ksef_since, self.ksef_consumers, self.ksef_outages_url, self.ksef_qr_url)
        serial, key = self.ksef_certificate_serial, self.ksef_certificate_key
        certificate = Certificate(serial, key) if serial else None
        return Account(self.ksef_url, self.ksef_token, self.seller_nip, *how, certificate)


def _is_private_key(text: str) -> bool:
    try:
        load_pem_private_key(text.encode(), None)
    except (ValueError, TypeError):
        return False
    return True


def _listed(codes: str) -> list[str]:
    return [code.strip() for code in codes.split(",") if code.strip()]
