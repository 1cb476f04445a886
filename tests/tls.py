"""TLS before a real server, with certificates of an authority that the test makes for itself."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from shared.clock import now
from tests.sample.cable import pour

SSL_REQUEST = 8
LOOPBACK = "127.0.0.1"
SIGNS = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)
"""What an authority has to say of its key; Python 3.13 looks (RFC 5280, 4.2.1.3)."""
Join = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Key = ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class Authority:
    """A certificate authority: the file that clients trust, and what a server shows."""

    file: Path
    server: ssl.SSLContext


def authority(folder: Path, name: str) -> Authority:
    """Make an authority and a certificate of its for the loopback address."""
    key, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    root = _certificate(subject, subject, key, key, x509.BasicConstraints(ca=True, path_length=0), SIGNS)
    here = x509.SubjectAlternativeName([x509.IPAddress(ip_address(LOOPBACK)), x509.DNSName("localhost")])
    shown = _certificate(x509.Name([]), subject, own, key, here)
    trusted, chain = folder / f"{name}.pem", folder / f"{name}-server.pem"
    trusted.write_bytes(root.public_bytes(serialization.Encoding.PEM))
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    private = own.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    chain.write_bytes(shown.public_bytes(pem) + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    return Authority(trusted, context)


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: Key, by: Key, *extensions: x509.ExtensionType
) -> x509.Certificate:
    builder = x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now() - timedelta(hours=1)).not_valid_after(now() + timedelta(days=1))
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key())
    builder = builder.add_extension(identifier, critical=False)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=True)
    own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return builder.add_extension(own, critical=False).sign(by, hashes.SHA256())


@contextlib.asynccontextmanager
async def tls(port: int, by: Authority, *, postgres: bool = False) -> AsyncIterator[int]:
    """A port that speaks TLS and hands on to the server at another; PostgreSQL asks for TLS in the clear first."""
    join = _joining(port, by.server if postgres else None)
    server = await asyncio.start_server(join, LOOPBACK, 0, ssl=None if postgres else by.server)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()  # and wait for nobody: Python 3.12 would for every connection that is left


def _joining(port: int, upgrade: ssl.SSLContext | None) -> Join:
    async def join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            if upgrade:
                await reader.readexactly(SSL_REQUEST)
                writer.write(b"S")
                await writer.start_tls(upgrade)
            there = await asyncio.open_connection(LOOPBACK, port)
            await asyncio.gather(pour(reader, there[1]), pour(there[0], writer))

    return join
