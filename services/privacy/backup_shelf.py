"""Which backups there are, by the names of their folders: when each was made, and on which day it is over.

    20261128T123000Z-until-20261228/privacy.dump

The day is part of the name so that whoever ends backups needs neither a key nor a list that could be lost.
"""

import re
import shutil
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

NAME = re.compile(r"(\d{8}T\d{6}Z)-until-(\d{8})")
MADE, DAY = "%Y%m%dT%H%M%SZ", "%Y%m%d"


@dataclass(frozen=True)
class Shelved:
    """A folder of backups that were made together; the last day on which they may be there is `until`."""

    folder: Path
    made_at: datetime
    until: date

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def files(self) -> list[Path]:
        return sorted(file for file in self.folder.iterdir() if file.suffix != ".new")


def new_folder(shelf: Path, made_at: datetime, days: int) -> Path:
    """Where backups made now go."""
    until = made_at.astimezone(UTC).date() + timedelta(days=days)
    return shelf / f"{made_at.astimezone(UTC):{MADE}}-until-{until:{DAY}}"


def shelved(shelf: Path) -> list[Shelved]:
    """What is there, the oldest first; what has another name is none of ours."""
    if not shelf.is_dir():
        return []
    named = [(NAME.fullmatch(folder.name), folder) for folder in sorted(shelf.iterdir()) if folder.is_dir()]
    return [_shelved(match, folder) for match, folder in named if match]


def _shelved(match: re.Match[str], folder: Path) -> Shelved:
    made_at = datetime.strptime(match[1], MADE).replace(tzinfo=UTC)
    return Shelved(folder, made_at, datetime.strptime(match[2], DAY).replace(tzinfo=UTC).date())


def expire(shelf: Path, today: date) -> list[Shelved]:
    """Remove what is past its last day; what was removed."""
    over = [each for each in shelved(shelf) if each.until < today]
    for each in over:
        shutil.rmtree(each.folder)
    return over
