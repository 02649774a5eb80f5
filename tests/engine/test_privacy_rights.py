"""What a person may ask for: a copy of what is held, its correction, and what an account holds."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.errors import GuardUnmet, InvalidInput, NotFound, NotPerformer, OwnCase
from engine.privacy import account_data, person_rights, subjects
from engine.runtime.history import verify
from tests.privacy.office import DAY, MODEL, NUMBER, REASON, SUBJECT, PrivateOffice, open_private

OPEN = {"identity_number": NUMBER, "birth_date": DAY.isoformat()}
MASKED = {"identity_number": "•••• •••• 1234", "birth_date": "••/••/••••"}


@pytest.fixture
def office(folder: Path) -> Iterator[PrivateOffice]:
    with open_private(folder) as office:
        yield office


def known(office: PrivateOffice, who: str = "an", **dossier: Any) -> int:
    case = office.start(who, **dossier)
    given = {"identity_number": NUMBER, "birth_date": DAY}
    vault = office.engine.vault
    office.change(who, case, lambda work, row, actor: subjects.put(work, vault, MODEL, row, given, actor))
    return case


def export(office: PrivateOffice, who: str, reason: str = REASON, **whom: str) -> list[dict[str, Any]]:
    vault = office.engine.vault
    found = office.call(who, lambda work, actor: person_rights.export(work, vault, reason, actor, **whom))
    cases: list[dict[str, Any]] = found["cases"]
    return cases


def correct(office: PrivateOffice, case: int, who: str, reason: str = REASON, **given: Any) -> Any:
    return office.change(
        who, case, lambda work, row, actor: person_rights.correct(work, MODEL, row, given, reason, actor)
    )


# ── a copy ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("whom", [{"staff_code": "CB-1"}, {"identity_number": NUMBER}])
def test_a_copy_holds_everything_about_the_person_and_nothing_about_others(
    office: PrivateOffice, whom: dict[str, str]
) -> None:
    case = known(office, award="GK", note="việc của phòng")
    office.start(subject=SUBJECT | {"identifier": "CB-10", "name": "Bùi Văn Sơn"})

    (found,) = export(office, "an", **whom)

    assert (found["case"]["id"], found["case"]["state"]["label"]) == (str(case), "Dự thảo")
    assert found["dossier"] == {"award": "GK", "subject": SUBJECT | {"position": ""}}
    assert found["subject"] == OPEN
    assert [(entry["by"], entry["what"], entry["reason"]) for entry in found["disclosures"]] == [
        ("An", "export", REASON)
    ]


def test_a_copy_is_no_way_around_the_mask(office: PrivateOffice) -> None:
    case = known(office)
    office.act("an", case, "submit")

    shown = {who: export(office, who, staff_code="CB-1")[0]["subject"] for who in ("an", "ha", "lan", "truong", "nga")}

    assert shown == {"an": OPEN, "lan": OPEN, "ha": MASKED, "truong": MASKED, "nga": MASKED}


def test_a_copy_ends_at_the_circle_of_the_asker(office: PrivateOffice) -> None:
    own = known(office)
    known(office, "chi")

    assert [found["case"]["id"] for found in export(office, "an", staff_code="CB-1")] == [str(own)]
    with pytest.raises(NotFound):
        export(office, "lan", staff_code="CB-1")
    for who in ("thu", "quan", "tra"):
        with pytest.raises(NotPerformer):
            export(office, who, staff_code="CB-1")


@pytest.mark.parametrize("whom", [{"staff_code": "CB-2"}, {"staff_code": "CB-"}, {"staff_code": "%"},
                                  {"staff_code": "GK"}, {"identity_number": "000000000000"}])  # fmt: skip
def test_of_whom_nothing_is_held_there_is_no_copy_and_no_record(office: PrivateOffice, whom: dict[str, str]) -> None:
    known(office)

    with pytest.raises(NotFound):
        export(office, "an", **whom)

    assert office.ask("SELECT * FROM disclosure") == []


# ── correction ───────────────────────────────────────────────────────────────────────────────────


def test_a_correction_is_made_in_any_state_and_touches_nothing_else(office: PrivateOffice) -> None:
    case = office.closed()
    before = office.one("SELECT dossier FROM instance WHERE id = ?", case)
    office.clock[0] = office.clock[0].replace(year=2025)

    correct(office, case, "an", name="Vũ Thúy Nga", birth_year=None)

    after = json.loads(office.one("SELECT dossier FROM instance WHERE id = ?", case))
    subject = {"name": "Vũ Thúy Nga", "identifier": "CB-1", "position": ""}
    assert after == json.loads(before) | {"subject": subject}
    (row,) = office.ask("SELECT state, headline, closed_at < updated_at FROM instance WHERE id = ?", case)
    assert row == ("granted", "Vũ Thúy Nga", 1), "closed when it was closed"
    (entry,) = office.ask("SELECT action, role, source, target, payload FROM history ORDER BY id DESC LIMIT 1")
    assert entry[:4] == ("correct", "proposer", "granted", "granted")
    assert json.loads(entry[4])["reason"] == REASON
    with office.engine.database.read() as tx:
        assert list(verify(tx)) == []


def test_correction_is_for_the_unit_and_the_appraising_office_and_never_for_oneself(office: PrivateOffice) -> None:
    case = office.closed()

    for who in ("an", "ha", "lan", "truong"):
        correct(office, case, who, position=f"theo {who}")
    with pytest.raises(OwnCase):
        correct(office, case, "nga", name="Vũ Thị Ngà")
    for who in ("chi", "thu", "quan", "tra"):
        with pytest.raises(NotFound):
            correct(office, case, who, name="Người Khác")


def test_a_correction_that_does_not_fit_names_the_field(office: PrivateOffice) -> None:
    case = office.closed()

    with pytest.raises(InvalidInput) as refusal:
        correct(office, case, "an", birth_year=1800)

    assert list(refusal.value.fields) == ["birth_year"]
    with pytest.raises(InvalidInput) as refusal:
        correct(office, case, "an", f"đúng là {NUMBER}", name="Vũ Thúy Nga")
    assert list(refusal.value.fields) == ["reason"]


def test_where_nobody_is_named_nothing_can_be_corrected(office: PrivateOffice) -> None:
    case = office.start(subject=None)

    with pytest.raises(GuardUnmet):
        correct(office, case, "an", name="Vũ Thúy Nga")


# ── one's own account ────────────────────────────────────────────────────────────────────────────


def test_an_account_tells_what_is_held_about_it(office: PrivateOffice) -> None:
    office.start("nga", subject=None)
    office.opens("nga", "phiên", kind="session")
    office.force("UPDATE membership SET valid_to = '2030-01-01' WHERE person_id = 3")

    found = office.call("nga", account_data.my_data)

    assert found["person"] == {
        "id": "3", "username": "nga", "name": "Nga", "mail": "nga@example.vn", "staff_code": "CB-1",
    }  # fmt: skip
    assert found["memberships"] == [
        {"role": "proposer", "unit": {"code": "W1", "name": "Phường 1"}, "from": "2020-01-01", "to": "2030-01-01"}
    ]
    counts = {name: count for name, count in found["counts"].items() if count}
    assert counts == {"sessions": 1, "tokens": 1, "history_entries": 1}
