"""Birth date and identity number of a nominee: sealed, masked, opened with a reason, for few."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import workflows
from engine.errors import (
    ActionNotAvailable,
    InvalidInput,
    NotFound,
    NotPerformer,
    OwnCase,
    Refused,
    TaskAssigned,
)
from engine.privacy import circle, disclosures, subjects
from engine.privacy.sealing import IDENTITY, SEALED, place, reseal, unsealable
from engine.runtime.schema import metadata
from engine.runtime.vault import Unsealable, Vault
from tests.privacy.office import DAY, MEMO, MODEL, NUMBER, REASON, PrivateOffice, open_private
from workflows import roles

MASKED = {"identity_number": "•••• •••• 1234", "birth_date": "••/••/••••"}
NOTHING = {"identity_number": None, "birth_date": None}


@pytest.fixture
def office(folder: Path) -> Iterator[PrivateOffice]:
    with open_private(folder) as office:
        yield office


def put(office: PrivateOffice, case: int, who: str = "an", **given: Any) -> Any:
    vault = office.engine.vault
    return office.change(who, case, lambda work, row, actor: subjects.put(work, vault, MODEL, row, given, actor))


def known(office: PrivateOffice, who: str = "an", **dossier: Any) -> int:
    """A case with the nominee's number and birth date."""
    case = office.start(who, **dossier)
    put(office, case, who, identity_number=NUMBER, birth_date=DAY)
    return case


def masked(office: PrivateOffice, case: int, who: str) -> Any:
    return office.change(who, case, lambda work, row, actor: subjects.masked(work, MODEL, row, actor))


def disclose(office: PrivateOffice, case: int, who: str, reason: str = REASON) -> Any:
    vault = office.engine.vault
    return office.change(
        who, case, lambda work, row, actor: disclosures.disclose(work, vault, MODEL, row, reason, actor)
    )


def listed(office: PrivateOffice, case: int, who: str) -> list[tuple[str, str, str]]:
    found = office.change(who, case, lambda work, row, actor: disclosures.listed(work, MODEL, row, actor))
    return [(entry["by"], entry["what"], entry["reason"]) for entry in found]


def search(office: PrivateOffice, who: str, number: str = NUMBER, reason: str = REASON) -> list[int]:
    vault = office.engine.vault
    found = office.call(who, lambda work, actor: disclosures.search(work, vault, number, reason, actor))
    return [int(one["id"]) for one in found]


def outcome(attempt: Any) -> str:
    """The code of the refusal, or yes."""
    try:
        attempt()
    except Refused as refusal:
        return refusal.code
    return "yes"


# ── at rest ──────────────────────────────────────────────────────────────────────────────────────


def test_the_number_lies_nowhere_in_the_open(office: PrivateOffice) -> None:
    case = known(office)

    masked(office, case, "an"), disclose(office, case, "an"), search(office, "lan")

    everything = office.everything()
    assert NUMBER.encode() not in everything
    assert DAY.isoformat().encode() not in everything
    assert "Vũ Thị Nga".encode() in everything, "the search finds what is in the open"


def test_the_history_says_that_it_was_set_and_never_what(office: PrivateOffice) -> None:
    case = known(office)

    entries = office.ask("SELECT action, payload FROM history WHERE instance_id = ? ORDER BY seq", case)

    assert [action for action, _ in entries] == ["start", "set_subject"]
    payload = json.loads(entries[1][1])
    assert (payload["subject"], payload["dossier"]) == (["birth_date", "identity_number"], {})
    assert NUMBER[-4:] not in entries[1][1]


def test_a_value_moved_to_another_case_does_not_open(office: PrivateOffice) -> None:
    first, second = known(office), known(office)
    office.force(
        f"UPDATE subject SET sealed_identity = (SELECT sealed_identity FROM subject WHERE instance_id = {first}) "
        f"WHERE instance_id = {second}"
    )

    with pytest.raises(Unsealable):
        disclose(office, second, "an")


def test_every_sealed_column_is_known_to_the_rotation() -> None:
    named = {
        (table.name, column.name)
        for table in metadata.sorted_tables
        for column in table.columns
        if column.name.startswith("sealed_")
    }

    assert {(column.table.name, column.column) for column in SEALED} == named


def test_after_a_rotation_everything_opens_and_is_found_with_the_new_key(office: PrivateOffice) -> None:
    case, old = known(office), office.engine.vault
    new = old.rotated()

    count = office.engine.writer.call(lambda tx: (reseal(tx, new), reseal(tx, new)))

    office.engine.vault = new
    assert count == (2, 0), "two values once, and nothing left"
    assert disclose(office, case, "an") == {"identity_number": NUMBER, "birth_date": "1990-02-28"}
    assert search(office, "lan") == [], "not yet with the office"
    sealed = office.one("SELECT sealed_identity FROM subject")
    assert new.is_current(sealed)
    with pytest.raises(Unsealable):
        old.open(sealed, place(IDENTITY, case))
    with office.engine.database.read() as tx:
        assert list(unsealable(tx, new)) == []
        assert list(unsealable(tx, Vault.fresh())) == [f"subject.identity.{case}", f"subject.birth_date.{case}"]


def test_a_rotation_that_cannot_open_a_value_changes_none(office: PrivateOffice) -> None:
    known(office), known(office)
    office.force("UPDATE subject SET sealed_identity = 'k1.AAAA' WHERE id = 2")
    before = office.ask("SELECT * FROM subject")

    with pytest.raises(Unsealable):
        office.engine.writer.call(lambda tx: reseal(tx, office.engine.vault.rotated()))

    assert office.ask("SELECT * FROM subject") == before


# ── setting ──────────────────────────────────────────────────────────────────────────────────────


def test_who_edits_the_case_sets_its_subject_and_nobody_else(office: PrivateOffice) -> None:
    case = office.start()

    tried = {
        who: outcome(lambda who=who: put(office, case, who, identity_number=NUMBER))
        for who in ("an", "ha", "nga", "chi", "thu", "quan", "tra")
    }

    assert tried == {
        "an": "yes", "ha": "not_performer", "nga": "own_case",
        "chi": "not_found", "thu": "not_found", "quan": "not_found", "tra": "not_found",
    }  # fmt: skip


def test_outside_the_states_of_editing_nothing_is_set(office: PrivateOffice) -> None:
    case = known(office)
    office.act("an", case, "submit")

    with pytest.raises(ActionNotAvailable):
        put(office, case, identity_number="031090009999")

    assert masked(office, case, "an") == MASKED
    office.act("lan", case, "send_back")
    put(office, case, identity_number="031090009999")
    assert masked(office, case, "an") == MASKED | {"identity_number": "•••• •••• 9999"}


def test_what_is_absent_stays_and_null_empties(office: PrivateOffice) -> None:
    case = known(office)

    put(office, case, birth_date=None)
    assert disclose(office, case, "an") == {"identity_number": NUMBER, "birth_date": None}
    put(office, case, identity_number=None)

    assert masked(office, case, "an") == NOTHING
    assert office.ask("SELECT sealed_identity, identity_ending, identity_print, sealed_birth_date FROM subject") == [
        ("", "", "", "")
    ]


@pytest.mark.parametrize("day", [date(1899, 12, 31), date(2024, 7, 11), date(1991, 2, 28)])
def test_a_birth_date_must_be_possible_and_fit_the_dossier(office: PrivateOffice, day: date) -> None:
    case = office.start()

    with pytest.raises(InvalidInput) as refusal:
        put(office, case, birth_date=day)

    assert list(refusal.value.fields) == ["birth_date"]
    assert str(day.year) not in refusal.value.fields["birth_date"] or day.year < 1900


def test_a_process_that_proposes_nobody_has_no_subject(office: PrivateOffice) -> None:
    memo = office.start(model=MEMO)

    with pytest.raises(NotFound):
        office.change(
            "an", memo, lambda work, row, actor: subjects.put(work, office.engine.vault, MEMO, row, {}, actor)
        )


# ── seeing ───────────────────────────────────────────────────────────────────────────────────────


def test_masked_for_the_unit_and_the_appraising_office_and_for_nobody_else(office: PrivateOffice) -> None:
    case = known(office)
    office.act("an", case, "submit")

    seen = {who: outcome(lambda who=who: masked(office, case, who)) for who in ("an", "ha", "lan", "truong")}
    unseen = {who: outcome(lambda who=who: masked(office, case, who)) for who in ("chi", "thu", "quan", "tra")}

    assert masked(office, case, "lan") == MASKED
    assert set(seen.values()) == {"yes"}
    assert set(unseen.values()) == {"not_found"}


def test_the_circle_is_made_of_roles_that_exist() -> None:
    """A role that was renamed would shut everybody out, silently."""
    assert {role.code for role in roles.ALL} >= set(circle.CIRCLE)


def test_the_proposals_of_the_office_name_their_nominee() -> None:
    proposing = [process.model_card.code for process in workflows.ALL if circle.has_nominee(process.model_card)]

    assert proposing == ["award_proposal"]


# ── opening ──────────────────────────────────────────────────────────────────────────────────────


def test_opened_by_the_units_proposer_and_recorded_with_the_reason(office: PrivateOffice) -> None:
    case = known(office)

    assert disclose(office, case, "an") == {"identity_number": NUMBER, "birth_date": "1990-02-28"}

    assert listed(office, case, "an") == [("An", "unmask", REASON)]
    assert listed(office, case, "tra") == listed(office, case, "quan") == [("An", "unmask", REASON)]


def test_the_appraising_office_opens_only_while_the_task_is_its_own(office: PrivateOffice) -> None:
    case = known(office)
    office.act("an", case, "submit")
    holding = {who: outcome(lambda who=who: disclose(office, case, who)) for who in ("lan", "truong", "ha", "thu")}

    office.act("lan", case, "appraise")

    assert holding == {"lan": "yes", "truong": "not_performer", "ha": "not_performer", "thu": "not_found"}
    assert outcome(lambda: disclose(office, case, "lan")) == "not_performer"


def test_a_task_that_is_somebody_elses_does_not_open_it(office: PrivateOffice) -> None:
    case = known(office)
    office.act("an", case, "submit")
    office.force("UPDATE user_task SET assignee_id = (SELECT id FROM person WHERE username = 'linh')")

    with pytest.raises(TaskAssigned):
        disclose(office, case, "lan")
    assert outcome(lambda: disclose(office, case, "linh")) == "yes"


def test_nobody_opens_their_own_case(office: PrivateOffice) -> None:
    case = known(office)

    with pytest.raises(OwnCase):
        disclose(office, case, "nga")


def test_who_was_refused_or_found_nothing_leaves_no_record(office: PrivateOffice) -> None:
    empty, case = office.start(), known(office)

    tried = [outcome(lambda: disclose(office, empty, "an")), outcome(lambda: disclose(office, case, "ha"))]

    assert tried == ["not_found", "not_performer"]
    assert office.ask("SELECT * FROM disclosure") == []


@pytest.mark.parametrize(
    "reason", [f"Kiểm tra {NUMBER} giúp tôi", "Số 0310 9000 1234 của bà Nga", "031-090-001-234 xem"]
)
def test_a_reason_does_not_hold_what_it_is_the_reason_for(office: PrivateOffice, reason: str) -> None:
    case = known(office)
    office.act("an", case, "submit")

    tried = [
        outcome(lambda: disclose(office, case, "lan", reason)),
        outcome(lambda: search(office, "lan", reason=reason)),
    ]

    assert tried == ["invalid_input"] * 2
    assert office.ask("SELECT * FROM disclosure") == []


def test_the_record_is_for_the_unit_and_the_overseers(office: PrivateOffice) -> None:
    case = known(office)
    office.act("an", case, "submit")
    disclose(office, case, "lan")

    seen = {
        who: outcome(lambda who=who: listed(office, case, who)) for who in ("an", "ha", "quan", "tra", "lan", "thu")
    }

    assert seen == {
        "an": "yes", "ha": "yes", "quan": "yes", "tra": "yes", "lan": "not_found", "thu": "not_found",
    }  # fmt: skip


def test_the_record_cannot_be_changed(office: PrivateOffice) -> None:
    disclose(office, known(office), "an")

    for sql in ("DELETE FROM disclosure", "UPDATE disclosure SET reason = ''"):
        with pytest.raises(Exception, match="append-only"):
            office.force(sql)


# ── searching ────────────────────────────────────────────────────────────────────────────────────


def test_duplicates_are_found_by_the_appraising_office(office: PrivateOffice) -> None:
    first, second, other = known(office), known(office, "chi"), office.start()
    put(office, other, identity_number="031090001235")
    for who, case in (("an", first), ("chi", second), ("an", other)):
        office.act(who, case, "submit")

    assert search(office, "lan") == [second, first]
    assert search(office, "truong", "031090001235") == [other]
    assert search(office, "lan", "000000000000") == []

    records = office.ask("SELECT what, instance_id, reason FROM disclosure")
    assert records == [("search", None, REASON)] * 3


@pytest.mark.parametrize("who", ["an", "ha", "quan", "tra"])
def test_a_search_is_for_appraising_offices_alone(office: PrivateOffice, who: str) -> None:
    known(office)

    with pytest.raises(NotPerformer):
        search(office, who)


def test_a_draft_that_the_office_does_not_see_is_not_found(office: PrivateOffice) -> None:
    draft, sent = known(office), known(office, "chi")
    office.act("chi", sent, "submit")

    assert search(office, "lan") == [sent]
    assert draft != sent
