"""The compiled purge, for people to read: what the compiler makes of the sample's data map."""

from pathlib import Path

from shared.personal_data.purge import failure_statement, statement
from tests.sample.data_map import DATA_MAP

GOLDEN = Path(__file__).parents[2] / "golden"
WRITE = "write it anew: python -m tests.unit.personal_data.test_purge"
FILES = {"sample_purge.sql": statement(DATA_MAP), "sample_failure.sql": failure_statement(DATA_MAP)}


def test_the_compiled_statements_are_as_they_were_read() -> None:
    for name, sql in FILES.items():
        assert (GOLDEN / name).read_text() == sql, WRITE


def write() -> None:
    for name, sql in FILES.items():
        (GOLDEN / name).write_text(sql)


if __name__ == "__main__":
    write()
