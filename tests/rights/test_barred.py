"""Who is kept from a case is neither given its task nor named as somebody who could do it; nor told what is hidden."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.errors import InvalidInput
from engine.runtime import commands
from engine.runtime.assignments import assign
from engine.runtime.present import actions_json
from engine.runtime.statements import INSTANCE
from tests.rights.stage import Place, Stage, open_stage, undone


@pytest.fixture(scope="module")
def stage(module_folder: Path) -> Iterator[Stage]:
    with open_stage(module_folder) as stage:
        yield stage


def place(stage: Stage, state: str) -> Place:
    return next(p for p in stage.places if (p.model.code, p.state, p.assigned) == ("award_proposal", state, False))


def offer(stage: Stage, state: str, action: str, who: str) -> dict[str, Any]:
    at = place(stage, state)
    with stage.engine.database.read() as tx:
        work, actor = stage.engine.work(tx), stage.actors[who]
        offered = actions_json(work, commands.load(work, at.model, at.key, actor), actor)
    return next(one for one in offered if one["action"] == action)


@pytest.mark.parametrize(
    ("state", "chosen", "is_taken"),
    [
        ("submitted", "had.award_proposal.draft", False),
        ("submitted", "had.award_proposal.appraise", True),
        ("submitted", "nominee", False),
        ("submitted", "appraiser@PNV", True),
    ],
)
def test_a_task_goes_only_to_who_may_do_it(stage: Stage, state: str, chosen: str, is_taken: bool) -> None:
    at = place(stage, state)
    with stage.engine.database.write() as tx:
        work, head = stage.engine.work(tx), stage.actors["appraisal_head@PNV"]
        row = commands.load(work, at.model, at.key, head)
        if is_taken:
            undone(tx, lambda: assign(work, row, chosen, head))
        else:
            with pytest.raises(InvalidInput) as refusal:
                undone(tx, lambda: assign(work, row, chosen, head))
            assert "không được làm việc này" in refusal.value.fields["person"]


def test_an_action_names_only_people_who_could_take_it(stage: Stage) -> None:
    (performers,) = offer(stage, "submitted", "receive", "proposer@TH1")["who"]

    assert "appraiser@PNV" in performers["people"]
    assert "deputy.appraiser@PNV" in performers["people"]
    assert not {"nominee", "had.award_proposal.draft", "lame.appraiser@PNV", "former.appraiser@PNV"} & {
        *performers["people"]
    }


def test_what_goes_along_with_the_case_above_says_so(stage: Stage) -> None:
    submit = offer(stage, "drafted", "submit", "proposer_head@TH1")

    assert (submit["allowed"], submit["who"]) == (False, [])
    assert submit["reasons"][0]["remedy"].startswith("Việc này đi cùng hồ sơ cấp trên: xem TTR-2024-")


@pytest.mark.parametrize(
    ("who", "is_told"), [("administrator@QDK", False), ("auditor@TTR", True), ("proposer@TH1", True)]
)
def test_a_rule_about_a_private_field_is_told_to_those_who_see_it(stage: Stage, who: str, is_told: bool) -> None:
    at = place(stage, "directed")
    with stage.engine.database.write() as tx:
        work, actor = stage.engine.work(tx), stage.actors[who]

        def present() -> dict[str, Any]:
            stored = tx.one(INSTANCE, which=at.key)
            assert stored is not None
            dossier = {**json.loads(stored["dossier"]), "standing": {"under_review": True}}
            tx.command(f"UPDATE instance SET dossier = '{json.dumps(dossier)}' WHERE id = {at.key}")
            row = commands.load(work, at.model, at.key, actor)
            return next(one for one in actions_json(work, row, actor) if one["action"] == "present")

        told = undone(tx, present)

    heard = [reason["code"] for reason in (*told["reasons"], *told["warnings"])]
    assert ("R-DISCIPLINE" in heard) is is_told
    assert not told["allowed"]
