"""The register: loaded whole or refused with a sentence, and held against the data maps."""

import ast
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from deploy.local import system
from deploy.local.folders import PROJECT
from services.licensing.settings import LicensingSettings
from services.marketing.settings import MarketingSettings
from services.privacy.register.gaps import gaps, unknown_recipients
from services.privacy.register.loading import FOLDER, RegisterRefused, load
from services.privacy.register.remedies import court, where_to_complain
from services.privacy.register.retention_terms import find, period, rule_on
from services.privacy.register.reviews import unreviewed
from shared.contracts.participants import MappedColumn, MappedTable
from shared.personal_data.announced_map import announced

SERVICES = PROJECT / "services"
MAPS = {name: announced(system.service(name).data_map) for name in system.SERVICES}


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A copy of the data files to spoil."""
    for file in FOLDER.glob("*.toml"):
        shutil.copy(file, tmp_path)
    return tmp_path


def edit(files: Path, name: str, before: str, after: str) -> None:
    text = (files / name).read_text()
    assert before in text
    (files / name).write_text(text.replace(before, after, 1))


def refused(files: Path) -> tuple[str, ...]:
    with pytest.raises(RegisterRefused) as caught:
        load(files)
    return caught.value.sentences


BAD = {
    "a missing basis": ("purposes.toml", 'basis = "b"\n', "", "purposes.toml: P1.basis: is missing"),
    "two bases in a list": (
        "purposes.toml",
        'basis = "b"',
        'basis = ["f", "a"]',
        "purposes.toml: P1.basis: names two bases: split the purpose or choose one",
    ),
    "two bases in one word": (
        "purposes.toml",
        'basis = "b"',
        'basis = "f, a"',
        "purposes.toml: P1.basis: names two bases: split the purpose or choose one",
    ),
    "two bases under one key": (
        "purposes.toml",
        'basis = "b"',
        'basis = "b"\nbasis = "f"',
        "purposes.toml: line 11, column 12: a key is there twice",
    ),
    "a purpose without retention": (
        "purposes.toml",
        'retention = ["R-LIVE", "R-CLAIM"]',
        "retention = []",
        "purposes.toml: P1.retention: is empty",
    ),
    "no basis of the law": (
        "purposes.toml",
        'basis = "b"',
        'basis = "x"',
        "purposes.toml: P1.basis: is none of the allowed values",
    ),
    "an unknown purpose": (
        "recipients.toml",
        'purposes = ["P1", "P6"]',
        'purposes = ["P1", "P99"]',
        "recipients.toml: payments.purposes: P99 is not in purposes.toml",
    ),
    "a retention without provision": (
        "retention.toml",
        'provision = "GDPR Art. 6(1)(b), Art. 5(1)(e)"\n',
        "",
        "retention.toml: R-LIVE.term.0: provision is missing: name the law, or the rule that names it",
    ),
    "an unknown rule": (
        "retention.toml",
        'rule = "taxes.LIMITATION"',
        'rule = "taxes.FOREVER"',
        "retention.toml: R-TAX.term.0.rule: is no rule of shared/law/retention: taxes.FOREVER",
    ),
    "a recipient without country": (
        "recipients.toml",
        'country = "PL"\n',
        "",
        "recipients.toml: payments.country: is missing",
    ),
    "a country outside without safeguard": (
        "recipients.toml",
        'country = "PL"',
        'country = "US"',
        "recipients.toml: payments: safeguard is missing: the country is outside the EEA",
    ),
    "a processor without contract": (
        "recipients.toml",
        'role = "controller"',
        'role = "processor"',
        "recipients.toml: payments: contract is missing: a processor needs the points of Art. 28(3)",
    ),
    "a contract without one of its points": (
        "recipients.toml",
        'h_audits = "§ 9: audits and evidence"\n',
        "",
        "recipients.toml: mail.contract.h_audits: is missing",
    ),
    "a broken date": (
        "authority.toml",
        "valid_from = 2025-07-01",
        "valid_from = 2025-02-30",
        "authority.toml: line 23, column 14: is not a date",
    ),
    "a broken date in text": (
        "authority.toml",
        "valid_from = 2025-07-01",
        'valid_from = "in July"',
        "authority.toml: uodo-2025.valid_from: is not a date",
    ),
    "a duplicate key": (
        "purposes.toml",
        'key = "P2"',
        'key = "P1"',
        "purposes.toml: P1: is there twice",
    ),
    "a missing translation": (
        "people.toml",
        'title.en = "people with an account"\n',
        "",
        "people.toml: users.title.en: is missing",
    ),
    "a misspelled key": (
        "controller.toml",
        "regon =",
        "region =",
        "controller.toml: region: is not a known key",
    ),
    "an interest without its balance": (
        "purposes.toml",
        "[purpose.assessment]",
        "[purpose.balance]",
        "purposes.toml: P8.balance: is not a known key",
    ),
    "an interest without an outcome": (
        "purposes.toml",
        "outcome.en = ",
        "outcome.de = ",
        "purposes.toml: P8.assessment.outcome.en: is missing",
    ),
    "two criteria and no assessment needed": (
        "screenings.toml",
        'criteria = ["systematic monitoring"]',
        'criteria = ["systematic monitoring", "large scale"]',
        "screenings.toml: P8: result must be needed: two criteria or more are met (WP248)",
    ),
    "an assessment that is needed and nowhere": (
        "screenings.toml",
        'result = "not needed"',
        'result = "needed"',
        "screenings.toml: P1: assessed is missing: say where the assessment is",
    ),
    "a screening of nothing": (
        "screenings.toml",
        'key = "P24"',
        'key = "P99"',
        "screenings.toml: P99 is not in purposes.toml",
    ),
    "a significant decision without a person": (
        "decisions.toml",
        'effect = "none"',
        'effect = "significant"',
        "decisions.toml: interests: human_review is missing: a significant effect needs a person",
    ),
}


@pytest.mark.parametrize(("name", "before", "after", "sentence"), BAD.values(), ids=BAD)
def test_example_23_what_is_wrong_is_refused_in_one_sentence(
    files: Path, name: str, before: str, after: str, sentence: str
) -> None:
    edit(files, name, before, after)
    assert sentence in refused(files)


def test_everything_wrong_is_named_at_once_and_nothing_is_loaded(files: Path) -> None:
    edit(files, "purposes.toml", 'basis = "b"\n', "")
    edit(files, "recipients.toml", 'country = "PL"\n', "")
    (files / "rights.toml").unlink()
    (files / "people.toml").write_bytes(b"\xff")
    assert set(refused(files)) == {
        "purposes.toml: P1.basis: is missing",
        "recipients.toml: payments.country: is missing",
        "rights.toml: the file is missing",
        "people.toml: is not UTF-8",
    }


def test_an_empty_file_is_refused(files: Path) -> None:
    (files / "measures.toml").write_text("")
    assert "measures.toml: has no entries" in refused(files)


def test_each_purpose_rests_on_the_basis_of_the_corrected_notice() -> None:
    bases = {key: purpose.basis for key, purpose in load().purposes.items()}
    by = {basis: [key for key in bases if bases[key] == basis] for basis in "bcfa"}
    assert by == {
        "b": ["P1", "P2", "P3", "P4", "P5"],
        "c": ["P6", "P7", "P20", "P24"],
        "f": ["P8", "P9", "P11", "P13", "P16", "P17", "P18", "P23"],
        "a": ["P10", "P21"],
    }
    assert list(load().dropped) == ["P19"]


# ── Judged, and again in time ───────────────────────────────────────────────────────────────────

REVIEW = date(2027, 11, 1)


def test_every_purpose_is_screened_and_every_interest_balanced() -> None:
    register = load()
    assert register.screenings.keys() == register.purposes.keys()
    assert {key for key, purpose in register.purposes.items() if purpose.assessment} == {
        key for key, purpose in register.purposes.items() if purpose.basis == "f"
    }
    assert unreviewed(register, REVIEW) == []


def test_a_purpose_that_was_not_screened_is_named() -> None:
    register = load()
    rest = {key: screening for key, screening in register.screenings.items() if key != "P21"}
    said = ["screenings.toml: P21 was not screened for an impact assessment (GDPR Art. 35)"]
    assert unreviewed(replace(register, screenings=rest), REVIEW) == said


def test_a_review_is_overdue_on_the_day_after_its_day() -> None:
    overdue = unreviewed(load(), REVIEW + timedelta(days=1))
    assert "purposes.toml: P9.assessment: was to be reviewed on 2027-11-01" in overdue
    assert "screenings.toml: P1: was to be reviewed on 2027-11-01" in overdue
    assert len(overdue) == 8 + len(load().purposes)


# ── Held against the services ───────────────────────────────────────────────────────────────────


def connectors() -> dict[str, tuple[str, ...]]:
    """Who each service gives data to as it is delivered."""
    return {name: system.service(name).settings.model_construct().recipients for name in system.SERVICES}


def test_register_and_data_maps_have_no_holes() -> None:
    assert gaps(load(), MAPS, connectors()) == []


def test_every_service_that_discloses_names_its_recipients() -> None:
    disclosing = {
        file.relative_to(SERVICES).parts[0]
        for file in SERVICES.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Disclosed")
    }
    assert disclosing == {name for name, recipients in connectors().items() if recipients}


def spoiled(change: Callable[[MappedTable], MappedTable]) -> Mapping[str, Sequence[MappedTable]]:
    first, *rest = MAPS["identity"]
    return {**MAPS, "identity": (change(first), *rest)}


def test_data_held_for_a_planned_purpose_are_a_hole() -> None:
    maps = spoiled(lambda t: t.model_copy(update={"purposes": (*t.purposes, "P12")}))
    only_planned = "identity.account: P12 is only planned: nothing may be held for it before its notice holds"
    assert gaps(load(), maps) == [only_planned]


def test_a_purpose_that_the_register_does_not_know_is_a_hole() -> None:
    maps = spoiled(lambda t: t.model_copy(update={"purposes": (*t.purposes, "P99")}))
    assert gaps(load(), maps) == ["identity.account: P99 is not in purposes.toml"]


def test_archiving_is_no_purpose() -> None:
    maps = spoiled(lambda t: t.model_copy(update={"purposes": (*t.purposes, "P19")}))
    assert [hole.split(":")[1] for hole in gaps(load(), maps)] == [" P19 is no purpose any more"]


def test_a_table_without_purpose_is_a_hole() -> None:
    assert "identity.account: has no purpose" in gaps(load(), spoiled(lambda t: t.model_copy(update={"purposes": ()})))


def test_a_foreign_retention_class_is_a_hole() -> None:
    maps = spoiled(lambda t: t.model_copy(update={"retention": "R-MKT"}))
    assert gaps(load(), maps) == ["identity.account: R-MKT is no retention class of P2, P3, P5"]


def test_a_column_that_no_purpose_claims_is_a_hole() -> None:
    column = MappedColumn(name="diary", category="D14", source="provided", blank=False, role=None)
    maps = spoiled(lambda t: t.model_copy(update={"columns": (*t.columns, column)}))
    assert gaps(load(), maps) == ["identity.account.diary: none of P2, P3, P5 claims D14"]


def test_a_source_that_the_notice_does_not_name_is_a_hole() -> None:
    column = MappedColumn(name="alias", category="D1", source="inferred", blank=False, role=None)
    maps = spoiled(lambda t: t.model_copy(update={"columns": (*t.columns, column)}))
    assert gaps(load(), maps) == ["identity.account.alias: is inferred, but categories.toml says provided of D1"]


def test_a_purpose_whose_data_nobody_holds_is_a_hole() -> None:
    maps = {name: tables for name, tables in MAPS.items() if name != "marketing"}
    assert "purposes.toml: P23 claims D12, but no column holds it and `elsewhere` does not say why" in gaps(
        load(), maps
    )


def test_an_excuse_for_data_that_is_held_is_a_hole() -> None:
    maps = spoiled(lambda t: t.model_copy(update={"purposes": (*t.purposes, "P13")}))
    assert "purposes.toml: P13 says why no column holds D1, but one does" in gaps(load(), maps)


def test_example_24_a_connector_without_an_entry_is_a_hole() -> None:
    assert unknown_recipients(load(), {"marketing": ["Nowa Firma sp. z o.o."]}) == [
        "marketing gives data to Nowa Firma sp. z o.o., who is not in recipients.toml"
    ]


def test_invoices_and_mails_name_the_controller_of_the_register() -> None:
    controller = load().controller
    licensing, marketing = LicensingSettings.model_construct(), MarketingSettings.model_construct()
    assert (licensing.seller, licensing.seller_nip) == (controller.name, controller.nip)
    assert licensing.seller_address == controller.address
    assert marketing.controller == f"{controller.name}, NIP {controller.nip}"


# ── Rules and authorities ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("rule", "polish", "english"),
    [
        ("taxes.LIMITATION", "5 lat", "5 years"),
        ("taxes.COMPLAINT_PAPERS", "1 rok", "1 year"),
        ("claims.LIMITATION.business", "3 lata", "3 years"),
        ("policies.SECURITY_LOG", "90 dni", "90 days"),
        ("policies.MARKETING_PROFILE", "24 miesiące", "24 months"),
        ("policies.ENQUIRY", "12 miesięcy", "12 months"),
    ],
)
def test_periods_are_those_of_the_dated_rules(rule: str, polish: str, english: str) -> None:
    dated_rule = rule_on(rule, date(2026, 11, 22))
    assert (period(dated_rule, "pl"), period(dated_rule, "en")) == (polish, english)


@pytest.mark.parametrize("name", ["taxes", "taxes.LEGAL_DUTY", "os.path", "claims.LIMITATION", "policies.open_ended"])
def test_what_is_no_rule_is_not_found(name: str) -> None:
    with pytest.raises(LookupError):
        find(name)


@pytest.mark.parametrize(
    ("day", "street"),
    [(date(2025, 6, 30), "ul. Stawki 2"), (date(2025, 7, 1), "ul. Stanisława Moniuszki 1A")],
)
def test_refusals_name_the_authority_where_it_was_on_the_day(day: date, street: str) -> None:
    authority = where_to_complain(day)
    assert authority.name == "Prezes Urzędu Ochrony Danych Osobowych"
    assert authority.address.startswith(street)
    assert "Art. 79" in court()


def test_nobody_guesses_an_authority_before_the_first() -> None:
    with pytest.raises(LookupError):
        load().authority(date(2018, 5, 24))
