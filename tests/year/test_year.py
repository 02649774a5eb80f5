"""The seed campaign from its launch on 10/7/2024 to the city's answer, and what must be true afterwards."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from engine.definition.language import Phase
from engine.runtime.database import Database
from engine.runtime.history import verify
from tests.year.ledger import MODELS, Ledger, Told, instant, local_date, local_hours
from tests.year.oracle import Letter, Oracle
from tests.year.played import Played, played
from tests.year.recording import KEYS, captures_in

FINAL = {"archived", "city_rejected", "rejected", "returned", "withdrawn"}
FIVE_PHASES = {Phase.DRAFTED, Phase.SUBMITTED, Phase.APPRAISED, Phase.APPROVED, Phase.FORWARDED_TO_CITY}


@pytest.fixture(scope="module")
def oracle(year: Played, ledger: Ledger) -> Oracle:
    return Oracle(ledger, year.absences)


# ── what happened ────────────────────────────────────────────────────────────────────────────
def test_year_passes_every_move_of_every_definition(ledger: Ledger) -> None:
    made = {(ledger.cases[step.case_id].process, step.source, step.action) for step in ledger.steps}

    assert KEYS - made == set()


def test_year_takes_every_branch_of_every_move(ledger: Ledger) -> None:
    taken = {(ledger.cases[step.case_id].process, step.source, step.action, step.target) for step in ledger.steps}
    branches = {
        (code, *key, b.target) for code, model in MODELS.items() for key, found in model.table.items() for b in found
    }

    assert branches - taken == set()


def test_year_sees_every_state_and_the_five_phases_of_the_customer(ledger: Ledger) -> None:
    seen = {(ledger.cases[step.case_id].process, step.target) for step in ledger.steps}
    phases = {MODELS[process].states[state].phase for process, state in seen if process == "award_proposal"}

    assert {(code, state) for code, model in MODELS.items() for state in model.states} - seen == set()
    assert FIVE_PHASES - phases == set()


def test_year_has_thirty_proposals_of_each_award_and_one_in_every_final_state(ledger: Ledger) -> None:
    rows = ledger.rows("SELECT state, dossier ->> 'award' AS award FROM instance WHERE process = 'award_proposal'")

    assert len(rows) >= 30
    assert FINAL - {row["state"] for row in rows} == set()
    assert {row["award"] for row in rows} == {"LDTT", "CSTDCS", "TTLDTT", "TDPVH", "GDVH", "GK", "BK_TINH"}


def test_campaign_is_closed_and_its_plans_are_in_the_report(ledger: Ledger) -> None:
    great = ledger.rows("SELECT state FROM instance WHERE id = 1")
    plans = ledger.rows("SELECT state FROM instance WHERE process = 'ward_plan' AND parent_id = 1 ORDER BY id")

    assert [row["state"] for row in great] == ["closed"]
    assert [row["state"] for row in plans] == ["in_report"] * 5 + ["waived"]


def test_nothing_failed_on_the_way(ledger: Ledger) -> None:
    assert [row["what"] for row in ledger.rows("SELECT what FROM incident")] == []
    assert Counter(row["state"] for row in ledger.rows("SELECT state FROM effect")).keys() == {"done"}


def test_registers_have_no_gaps(ledger: Ledger) -> None:
    rows = ledger.rows("SELECT authority_id, year, last FROM register WHERE name = 'award_book' ORDER BY id")
    books = ledger.rows(
        "SELECT authority_id, dossier ->> 'register_number' AS number FROM instance "
        "WHERE dossier ->> 'register_number' != '' ORDER BY id"
    )

    for row in rows:
        used = [book["number"] for book in books if book["authority_id"] == row["authority_id"]]
        of_year = sorted(int(number.partition("/")[0]) for number in used if number.endswith(f"/{row['year']}"))
        assert of_year == list(range(1, row["last"] + 1))


# ── the history ──────────────────────────────────────────────────────────────────────────────
def test_state_and_dossier_of_every_case_follow_from_its_history(year: Played) -> None:
    database = Database(year.database)
    with database.read() as tx:
        faults = list(verify(tx))
    database.close()

    assert faults == []


def test_year_played_again_has_the_same_history(ledger: Ledger, tmp_path: Path) -> None:
    with played(tmp_path, chapters=1):
        pass
    again = Ledger(tmp_path / "thidua.db")
    hashes = [row["hash"] for row in again.rows("SELECT hash FROM history ORDER BY id")]
    again.close()

    first = [row["hash"] for row in ledger.rows(f"SELECT hash FROM history ORDER BY id LIMIT {len(hashes)}")]
    assert (len(hashes) > 100, hashes) == (True, first)


# ── the letters ──────────────────────────────────────────────────────────────────────────────
def test_every_letter_that_must_be_sent_is_sent_once_and_no_other(ledger: Ledger, oracle: Oracle) -> None:
    wanted, found = Counter(oracle.letters()), Counter(_letter(told) for told in ledger.told() if told.sent_at)

    assert (wanted - found, found - wanted) == (Counter(), Counter())
    assert len(wanted) > 2000


def test_what_had_become_pointless_was_dropped(ledger: Ledger, oracle: Oracle) -> None:
    assert sum(told.sent_at is None for told in ledger.told()) == oracle.dropped()


def test_after_the_absence_only_the_latest_reminder_went_and_the_others_are_on_file(
    ledger: Ledger, oracle: Oracle
) -> None:
    skipped = ledger.rows("SELECT count(*) AS n FROM firing WHERE outcome = 'skipped'")[0]["n"]

    assert (skipped, skipped > 0) == (oracle.skipped, True)


def test_extension_reached_every_open_deadline_below_the_campaign(ledger: Ledger, oracle: Oracle) -> None:
    moved = [step for step in ledger.steps if step.action == "deadlines_changed"]

    assert oracle.left_behind == []
    assert {ledger.cases[step.case_id].process for step in moved} == {
        "ward_plan", "unit_obligation", "submission", "award_proposal",
    }  # fmt: skip


def test_no_letter_leaves_at_night_or_on_a_day_off(year: Played, ledger: Ledger) -> None:
    attempts = [instant(row["at"]) for row in ledger.rows("SELECT at FROM message_attempt")]
    working = set(ledger.working_days)

    assert [at for at in attempts if local_date(at) not in working or not 7 <= local_hours(at) < 18] == []


def test_nobody_is_told_of_their_own_act(ledger: Ledger) -> None:
    own = ledger.rows(
        "SELECT notice.id FROM notice JOIN history ON notice.event_key = 'h' || history.id "
        "WHERE history.actor_id = notice.person_id"
    )

    assert own == []


def test_every_letter_names_each_case_it_is_about(ledger: Ledger) -> None:
    rows = ledger.rows(
        "SELECT DISTINCT message.id, message.subject || message.text AS said, as_written.facts ->> 'code' AS code "
        "FROM notice JOIN message ON message.id = notice.message_id "
        "JOIN as_written ON as_written.notice_id = notice.id"
    )

    assert [(row["id"], row["code"]) for row in rows if row["code"] not in row["said"]] == []


def test_every_letter_is_delivered_once(year: Played, ledger: Ledger) -> None:
    messages = ledger.rows("SELECT address, message_id, state FROM message ORDER BY id")
    attempts = ledger.rows("SELECT n, outcome FROM message_attempt")

    assert Counter(year.delivered()) == Counter((row["address"], row["message_id"]) for row in messages)
    assert {row["state"] for row in messages} == {"sent"}
    assert Counter((row["n"], row["outcome"]) for row in attempts) == {(1, "sent"): len(messages)}


# ── the recording ────────────────────────────────────────────────────────────────────────────
def test_every_move_was_captured_for_the_drills(year: Played) -> None:
    captured = [move for capture in captures_in(year.captures) for move in capture.moves]

    assert KEYS - set(captured) == set()
    assert len(captured) == len(set(captured))


def _letter(told: Told) -> Letter:
    assert told.sent_at is not None
    return Letter(told.recipient, told.code, told.kind, local_date(told.sent_at), _about(told))


def _about(told: Told) -> str:
    """What tells the notice from others of its kind: the words that the letter is made of."""
    facts = told.facts
    if told.kind == "task_opened":
        return f"{facts['todo']} {_date(facts.get('due_on'))}"
    if told.kind in ("reminder", "escalation"):
        return f"{facts['rung']} {_date(facts['due_on'])}"
    return f"{_date(facts['due_on'])}" if told.kind == "deadline_changed" else str(facts["action"])


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
