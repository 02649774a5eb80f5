"""What may be begun below a case, and by which words."""

from typing import Any

from engine.definition.case import Case
from engine.definition.performing import Actor
from engine.runtime import case_view
from engine.runtime.database import Row
from engine.runtime.work import Work

PROPOSAL, SUBMISSION = "award_proposal", "submission"
BEGINNINGS = {PROPOSAL: "Đề nghị mới", SUBMISSION: "Tờ trình mới"}
"""The words of the button that begins a case of a process below another."""


def openings(work: Work, row: Row, case: Case[Any], actor: Actor) -> dict[str, Any]:
    """As `case_view.openings`, with the words for each beginning.

    adds: those that come first, because the case is a list that is still being drawn up. entry: whether many
    can be entered at once.
    """
    found = case_view.openings(work, row, case, actor)
    begin = [{**one, "label": BEGINNINGS.get(one["process"], one["title"])} for one in found["begin"]]
    free = [one for one in begin if not one["against"]]
    is_list = row["process"] == SUBMISSION
    return {**found, "begin": begin, "adds": free if found["edit"] else [], "entry": is_list and bool(free)}
