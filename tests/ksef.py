"""A stand-in for KSeF that does what its API 2 is documented to do, in the moods it is known for.

It opens what is sent, and refuses what the documentation says is refused: wrong tokens, hashes and sizes, what the
schema does not allow, days to come, numbers that were used (440), corrections of what it does not know.
"""

import base64
import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any, Literal
from xml.etree import ElementTree as ET

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.x509.oid import NameOID
from ksef_client.documents.fa3 import FA3XmlValidationError, validate_fa3_xml_xsd
from ksef_client.utils.ksef_number import _crc8
from stdnum.exceptions import ValidationError
from stdnum.pl import nip as nips

from shared.clock import now, today

Mood = Literal["fine", "down", "busy", "losing answers", "breaking off", "forgetful"]
Answer = tuple[int, Any]
TOKEN = "20261129-EC-lethe-token"
OAEP = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)
LATER = timedelta(hours=12)


@dataclass
class Session:
    key: bytes
    iv: bytes
    invoices: dict[str, dict[str, Any]] = field(default_factory=dict)
    closed: bool = False


@dataclass
class Ksef:
    """What it has, by the numbers that it gave; `mood` is what it does next, `asked` each request it got."""

    nip: str
    url: str = ""
    mood: Mood = "fine"
    numbers: dict[str, bytes] = field(default_factory=dict)
    taken: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    messages: list[dict[str, Any]] = field(default_factory=list)
    offline: list[bool] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    counter: Any = field(default_factory=lambda: count(1))
    private: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))

    def named(self, what: str) -> str:
        return f"{today():%Y%m%d}-{what}-{next(self.counter):010X}-0000000000-00"

    def open(self, sealed: str) -> bytes:
        return self.private.decrypt(base64.b64decode(sealed), OAEP)


@contextmanager
def ksef(nip: str) -> Iterator[Ksef]:
    """Listens on loopback until the block ends."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answering) as server:
        there = _Answering.there[server] = Ksef(nip, f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield there
        finally:
            server.shutdown()
            thread.join()


class _Answering(BaseHTTPRequestHandler):
    there: dict[object, Ksef] = {}  # noqa: RUF012 one for each server

    def log_message(self, *_said: object) -> None:
        """Nothing: tests read what they need from `asked`."""

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    def _answer(self, method: str) -> None:
        system = self.there[self.server]
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = self.path.removeprefix("/v2").partition("?")[0]
        system.asked.append(f"{method} {path}")
        status, said = _answered(system, method, path, self.headers.get("Authorization", ""), body)
        if status == 0:  # the connection breaks
            return
        content = said if isinstance(said, bytes) else json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/xml" if isinstance(said, bytes) else "application/json")
        self.send_header("Content-Length", str(len(content)))
        if status in (429, 503):
            self.send_header("Retry-After", "1")
        self.end_headers()
        self.wfile.write(content)


def _answered(system: Ksef, method: str, path: str, authorization: str, body: bytes) -> Answer:
    if system.mood == "down" and path != "/messages":
        return 503, {}
    if system.mood == "busy":
        return 429, {"status": {"code": 429, "description": "Too Many Requests", "details": []}}
    for pattern, free, act in ROUTES:
        if found := re.fullmatch(pattern, f"{method} {path}"):
            token = authorization.removeprefix("Bearer ")
            if not free and system.tokens.get(token) != "access":
                return 401, {"title": "Unauthorized", "status": 401}
            return act(system, json.loads(body) if body else {"token": token}, *found.groups())
    return 404, {}


def _exception(code: int, text: str) -> Answer:
    return 400, {"exception": {"exceptionDetailList": [{"exceptionCode": code, "exceptionDescription": text}]}}


def _certificates(system: Ksef, _body: Any) -> Answer:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "KSeF")])
    began, ends = datetime.now(UTC) - timedelta(days=1), datetime.now(UTC) + timedelta(days=365)
    made = x509.CertificateBuilder(name, name, system.private.public_key(), 1, began, ends)
    der = made.sign(system.private, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    known = {"certificate": base64.b64encode(der).decode(), "certificateId": "1", "publicKeyId": "1"}
    known |= {"validFrom": began.isoformat(), "validTo": ends.isoformat()}
    return 200, [known | {"usage": [usage]} for usage in ("KsefTokenEncryption", "SymmetricKeyEncryption")]


def _challenge(system: Ksef, _body: Any) -> Answer:
    at = now()
    said = {"challenge": system.named("CR"), "timestamp": at.isoformat(), "clientIp": "127.0.0.1"}
    return 200, said | {"timestampMs": int(at.timestamp() * 1000)}


def _sign_in(system: Ksef, body: Any) -> Answer:
    reference, token = system.named("AU"), f"operation-{next(system.counter)}"
    right = system.open(body["encryptedToken"]).decode().rpartition("|")[0] == TOKEN
    right = right and body["contextIdentifier"] == {"type": "Nip", "value": system.nip}
    system.tokens[reference] = "signed in" if right else "refused"
    system.tokens[token] = "operation"
    until = (now() + LATER).isoformat()
    return 202, {"referenceNumber": reference, "authenticationToken": {"token": token, "validUntil": until}}


def _sign_in_status(system: Ksef, _body: Any, reference: str) -> Answer:
    right = system.tokens.get(reference) == "signed in"
    status = {"code": 200, "description": "OK"} if right else {"code": 450, "description": "Błędny token"}
    method = {"authenticationMethod": "Token", "startDate": now().isoformat(), "status": status}
    return 200, method | {"authenticationMethodInfo": {"category": "Token", "code": "token.ksef", "displayName": "T"}}


def _redeem(system: Ksef, body: Any) -> Answer:
    if system.tokens.pop(body["token"], "") != "operation":  # once
        return _exception(21301, "Brak autoryzacji")
    access, until = f"access-{next(system.counter)}", (now() + LATER).isoformat()
    system.tokens[access] = "access"
    made = {"token": access, "validUntil": until}
    return 200, {"accessToken": made, "refreshToken": {"token": "refresh", "validUntil": until}}


def _open(system: Ksef, body: Any) -> Answer:
    if body["formCode"] != {"systemCode": "FA (3)", "schemaVersion": "1-0E", "value": "FA"}:
        return _exception(21405, "Błąd walidacji danych wejściowych")
    sealed = body["encryption"]
    key, iv = system.open(sealed["encryptedSymmetricKey"]), base64.b64decode(sealed["initializationVector"])
    reference = system.named("SO")
    system.sessions[reference] = Session(key, iv)
    return 201, {"referenceNumber": reference, "validUntil": (now() + LATER).isoformat()}


def _send(system: Ksef, body: Any, session_reference: str) -> Answer:
    session = system.sessions.get(session_reference)
    if session is None or session.closed:
        return _exception(21180, "Status sesji uniemożliwia wykonanie operacji")
    sealed = base64.b64decode(body["encryptedInvoiceContent"])
    if not _is_as_told(sealed, body["encryptedInvoiceHash"], body["encryptedInvoiceSize"]):
        return _exception(21405, "Błąd walidacji danych wejściowych")
    reference = system.named("EE")
    system.offline.append(bool(body.get("offlineMode")))
    session.invoices[reference] = {"asked": 0, "hash": body["invoiceHash"]} | _judged(
        system, session, session_reference, sealed, body
    )
    return (0, None) if system.mood == "losing answers" else (202, {"referenceNumber": reference})


def _is_as_told(content: bytes, told: str, size: int) -> bool:
    return base64.b64encode(hashlib.sha256(content).digest()).decode() == told and len(content) == size


def _judged(system: Ksef, session: Session, reference: str, sealed: bytes, body: Any) -> dict[str, Any]:
    """Status and number of an invoice: what the documented checks make of it."""
    if system.mood == "breaking off":
        return {"status": {"code": 550, "description": "Operacja została anulowana przez system"}}
    document = _opened(session, sealed)
    if not _is_as_told(document, body["invoiceHash"], body["invoiceSize"]):
        return {"status": {"code": 430, "description": "Błąd weryfikacji pliku faktury"}}
    try:
        validate_fa3_xml_xsd(document)
    except FA3XmlValidationError:
        return {"status": {"code": 430, "description": "Błąd weryfikacji pliku faktury"}}
    said = _texts(document)
    if wrong := _what_is_wrong(system, said):
        return {"status": {"code": 450, "description": "Błąd weryfikacji semantyki", "details": [wrong]}}
    which = said["RodzajFaktury"][0], said["P_2"][0]
    if which in system.taken:
        session_before, number = system.taken[which]
        extensions = {"originalSessionReferenceNumber": session_before, "originalKsefNumber": number}
        return {"status": {"code": 440, "description": "Duplikat faktury", "extensions": extensions}}
    number = _number(system)
    system.numbers[number], system.taken[which] = document, (reference, number)
    return {"status": {"code": 200, "description": "Sukces"}, "ksefNumber": number}


def _opened(session: Session, sealed: bytes) -> bytes:
    decryptor = Cipher(algorithms.AES(session.key), modes.CBC(session.iv)).decryptor()
    padded = decryptor.update(sealed) + decryptor.finalize()
    unpadder = PKCS7(128).unpadder()
    return unpadder.update(padded) + unpadder.finalize()


def _texts(document: bytes) -> dict[str, list[str]]:
    texts: dict[str, list[str]] = {}
    for element in ET.fromstring(document).iter():  # noqa: S314 its schema was seen to
        texts.setdefault(element.tag.rpartition("}")[2], []).append(element.text or "")
    return texts


def _what_is_wrong(system: Ksef, said: dict[str, list[str]]) -> str:
    if said["NIP"][0] != system.nip:
        return "NIP sprzedawcy niezgodny z kontekstem"
    try:
        for each in said["NIP"]:
            nips.validate(each)
    except ValidationError:
        return "Nieprawidłowy NIP"
    if said["P_1"][0] > today().isoformat():
        return "Data wystawienia późniejsza niż data przyjęcia"
    corrected = said.get("NrKSeFFaKorygowanej", [])
    return "Nieznana faktura korygowana" if set(corrected) - system.numbers.keys() else ""


def _number(system: Ksef) -> str:
    begun = f"{system.nip}-{today():%Y%m%d}-{next(system.counter):012X}"
    return f"{begun}-{_crc8(begun.encode()):02X}"


def _status(system: Ksef, _body: Any, session_reference: str, reference: str) -> Answer:
    """First it is being looked at."""
    session = system.sessions.get(session_reference)
    if session is None or reference not in session.invoices or system.mood == "forgetful":
        return 404, {}
    invoice = session.invoices[reference]
    invoice["asked"] += 1
    said = {"ordinalNumber": 1, "referenceNumber": reference, "invoicingDate": now().isoformat()}
    said |= {"invoiceHash": invoice["hash"]}
    if invoice["asked"] == 1:
        return 200, said | {"status": {"code": 150, "description": "Trwa przetwarzanie"}}
    return 200, said | {key: invoice[key] for key in ("status", "ksefNumber") if key in invoice}


def _receipt(system: Ksef, _body: Any, session_reference: str, reference: str) -> Answer:
    number = system.sessions[session_reference].invoices[reference]["ksefNumber"]
    return _receipt_of(system, _body, session_reference, number)


def _receipt_of(system: Ksef, _body: Any, _session: str, number: str) -> Answer:
    told = base64.b64encode(hashlib.sha256(system.numbers[number]).digest()).decode()
    upo = f"<Potwierdzenie><NumerKSeFDokumentu>{number}</NumerKSeFDokumentu><SkrotDokumentu>{told}</SkrotDokumentu>"
    return 200, f"{upo}</Potwierdzenie>".encode()


def _document(system: Ksef, _body: Any, number: str) -> Answer:
    return (200, system.numbers[number]) if number in system.numbers else (404, {})


def _close(system: Ksef, _body: Any, session_reference: str) -> Answer:
    system.sessions[session_reference].closed = True
    return 204, b""


def _messages(system: Ksef, _body: Any) -> Answer:
    return 200, system.messages


ROUTES: tuple[tuple[str, bool, Callable[..., Answer]], ...] = (
    ("GET /security/public-key-certificates", True, _certificates),
    ("POST /auth/challenge", True, _challenge),
    ("POST /auth/ksef-token", True, _sign_in),
    ("POST /auth/token/redeem", True, _redeem),
    (r"GET /auth/([\w-]+)", True, _sign_in_status),
    ("POST /sessions/online", False, _open),
    (r"POST /sessions/online/([\w-]+)/invoices", False, _send),
    (r"POST /sessions/online/([\w-]+)/close", False, _close),
    (r"GET /sessions/([\w-]+)/invoices/([\w-]+)/upo", False, _receipt),
    (r"GET /sessions/([\w-]+)/invoices/ksef/([\w-]+)/upo", False, _receipt_of),
    (r"GET /sessions/([\w-]+)/invoices/([\w-]+)", False, _status),
    (r"GET /invoices/ksef/([\w-]+)", False, _document),
    ("GET /messages", True, _messages),
)
