"""A mail server that refuses the log-in says nothing about any mail."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from shared.clock import now
from shared.mail.mailer import Mailer, MailFailed
from tests.mail_server import Dialogue, MailServer

# aiosmtpd knows only STARTTLS as TLS and warns of this server, which has it from the first byte
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 and its key, which nobody else trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail server of a test")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() - timedelta(days=1))
        .not_valid_after(now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, key_pem = folder / "certificate.pem", folder / "key.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    unencrypted = serialization.NoEncryption()
    key_pem.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, unencrypted))
    return pem, key_pem


@pytest.fixture
async def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """A mail server with TLS that knows one user."""
    pem, key = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem, key)

    def log_in(*arguments: object) -> AuthResult:
        return AuthResult(success=getattr(arguments[-1], "password", b"") == b"right", handled=False)

    def dialogue() -> SMTP:
        return Dialogue(MailServer(), auth_required=True, auth_require_tls=False, authenticator=log_in)

    server = await asyncio.get_running_loop().create_server(dialogue, "127.0.0.1", 0, ssl=context)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def send(url: str) -> None:
    mailer = Mailer(url, "Lethe <no-reply@lethe.example>")
    await mailer.send("anna@example.com", "Hello", "text", message_id=mailer.message_id(1))


async def test_a_refused_log_in_is_about_the_vendor_and_not_the_mail(host: str) -> None:
    with pytest.raises(MailFailed) as failed:
        await send(f"smtps://lethe:wrong@{host}")
    assert (failed.value.outcome, failed.value.refuses, failed.value.code) == ("not sent", "log-in", 535)


async def test_a_forgotten_log_in_is_about_the_vendor_as_well(host: str) -> None:
    with pytest.raises(MailFailed) as failed:
        await send(f"smtps://{host}")
    assert (failed.value.outcome, failed.value.refuses, failed.value.code) == ("not sent", "sender", 530)


async def test_with_the_right_password_it_leaves(host: str) -> None:
    await send(f"smtps://lethe:right@{host}")
