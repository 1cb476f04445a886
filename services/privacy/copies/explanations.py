"""What is said of each table in a copy (GDPR Art. 15(1)): category, purposes with their basis, source, until when."""

from typing import Any

from services.privacy.documents.notice.model import Notice
from shared.contracts.fields import Language
from shared.contracts.message import Message
from shared.contracts.participants import CopiedRows

WHY_LEFT_OUT = {
    "hash": {
        "pl": "skrót, z którego nie da się nic odczytać; służy tylko do porównania",
        "en": "a hash from which nothing can be read; it serves to compare only",
    },
    "sealed": {
        "pl": "zapisane w postaci zaszyfrowanej; pokazujemy to w panelu, po ponownym podaniu hasła",
        "en": "stored encrypted; the panel shows it once you have given your password again",
    },
    "others": {
        "pl": "wskazuje inną osobę albo jej słowa; chronią je jej prawa (RODO art. 15 ust. 4)",
        "en": "names another person or their words, which their rights protect (GDPR Art. 15(4))",
    },
    "copy": {"pl": "to sama ta kopia", "en": "it is this copy itself"},
}
SOURCES = {
    "provided": {"pl": "od Ciebie", "en": "from you"},
    "observed": {"pl": "zaobserwowane przy korzystaniu z usługi", "en": "observed while you used the service"},
    "third party": {"pl": "od innych", "en": "from others"},
    "inferred": {"pl": "wywnioskowane przez nas", "en": "inferred by us"},
}
BY_THE_ROW = {
    "pl": "w każdym wierszu: retain_until to ostatni dzień przechowywania, review_at dzień ponownego sprawdzenia",
    "en": "in each row: retain_until is the last day of keeping, review_at the day of the next review",
}


class Purpose(Message):
    """Why something is held, and on what basis."""

    key: str
    title: str
    basis: str


class LeftOut(Message):
    """What a copy does not show, and why."""

    name: str
    why: str


class Held(Message):
    """Rows of one table, explained."""

    service: str
    table: str
    category: str
    title: str
    purposes: tuple[Purpose, ...]
    sources: dict[str, str]
    retention: tuple[str, ...]
    left_out: tuple[LeftOut, ...]
    rows: tuple[dict[str, Any], ...]


def explained(service: str, copied: CopiedRows, notice: Notice, language: Language) -> Held:
    """The rows of a table with what the register says of it; what it does not know is named by its key."""
    table = copied.table
    titles = {part.key: part.title for part in notice.data}
    ends = {part.key: (part.title, *part.terms) for part in notice.retention}
    left_out = {c.name: WHY_LEFT_OUT[c.withheld][language] for c in table.columns if c.withheld}
    shown = [c for c in table.columns if not c.withheld]
    return Held(
        service=service,
        table=table.name,
        category=table.category,
        title=titles.get(table.category, table.category),
        purposes=tuple(
            Purpose(key=part.key, title=part.title, basis=part.provision)
            for part in notice.purposes
            if part.key in table.purposes
        ),
        sources={c.name: SOURCES[c.source][language] for c in shown if c.role is None},
        retention=(*ends.get(table.retention, (table.retention,)), *([BY_THE_ROW[language]] if table.kept else ())),
        left_out=tuple(LeftOut(name=name, why=why) for name, why in left_out.items()),
        rows=copied.rows,
    )
