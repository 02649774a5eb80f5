"""What a person whose data is held may ask for: a copy of it, and its correction (Luật 91/2025/QH15)."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from engine.definition.audience import without
from engine.definition.case import Case
from engine.definition.decide import apply_patch
from engine.definition.documents import canonical
from engine.definition.model import ProcessModel
from engine.definition.performing import Actor
from engine.errors import GuardUnmet, InvalidInput, NotFound, NotPerformer, Reason
from engine.privacy.circle import CIRCLE, checked_reason, is_in_circle, may_open, must_be_in_circle, roles
from engine.privacy.disclosures import EXPORT, cases_of, of_case, record
from engine.privacy.subjects import unsealed, veiled
from engine.runtime.database import Row, Statement
from engine.runtime.performers import deed_of
from engine.runtime.present import brief
from engine.runtime.recording import advance
from engine.runtime.rights import hidden_from, visible_rows
from engine.runtime.schema import instance
from engine.runtime.snapshots import load_case
from engine.runtime.vault import Vault
from engine.runtime.work import Work

CORRECT = "correct"
LABEL = "Cải chính thông tin"
CONSENT = "public_consent"
TOLD = ("subject", "award", "achievement", "decision", "register_number", "handover", CONSENT)
"""Dossier fields about the nominee that a copy holds; appraisal, votes and refusals are the office's own."""


def export(
    work: Work, vault: Vault, reason: str, actor: Actor, *, staff_code: str = "", identity_number: str = ""
) -> dict[str, Any]:  # fmt: skip
    """All that the cases in the actor's circle hold about that nominee; each case's record says so.

    Identity number and birth date are open where the actor may open them, masked elsewhere. Exactly one of
    `staff_code` and `identity_number` is given.

    Raises:
        NotPerformer: the actor has none of the roles that personal data is for.
        NotFound: no case with that nominee in the actor's circle.
        InvalidInput: the reason holds an identity number, or the staff code is one.
    """
    if not any(code in CIRCLE for code, _ in actor.unlimited().hats):
        raise NotPerformer(action="Cấp bản sao dữ liệu", who="; ".join(r.label for r in roles(work, CIRCLE)))
    by_number = bool(identity_number)
    rows = cases_of(work, vault, identity_number, actor) if by_number else _by_staff_code(work, staff_code, actor)
    if not rows:
        raise NotFound(what="hồ sơ của người này")
    for row in rows:
        record(work, EXPORT, reason, actor, row["id"])
    return {"cases": [_copy(work, vault, row, actor) for row in rows]}


def correct(work: Work, model: ProcessModel, row: Row, given: Mapping[str, Any], reason: str, actor: Actor) -> Row:
    """Set right name, position or birth year of the nominee, or whether the public may read of them; in any state.

    Returns the case's row.

    given: the fields that change. Award, state and papers stay as they are: a decision is changed by a decision.

    Raises:
        NotFound: the actor is none of those the data is for.
        OwnCase: nobody corrects their own case.
        GuardUnmet: the case names nobody yet.
        InvalidInput: a value that does not fit, or an identity number in the reason.
    """
    must_be_in_circle(work, model, row, actor)
    case = load_case(work, row)
    deed = deed_of(work, model, case, CORRECT, LABEL, roles(work, CIRCLE), actor)
    if getattr(case.dossier, "subject", None) is None:
        raise GuardUnmet((Reason("no_subject", "Hồ sơ chưa ghi đối tượng đề nghị"),), action=LABEL)
    after = _replaced(model, case, given)
    return advance(work, model, row, case, after, replace(deed, more={"reason": checked_reason(reason)}))[0]


def _replaced(model: ProcessModel, case: Case[Any], given: Mapping[str, Any]) -> Case[Any]:
    """The case with the subject corrected; a wrong value is told by the name that the person gave it."""
    own = {name: given[name] for name in given if name == CONSENT}
    patch = {"subject": {name: given[name] for name in given if name != CONSENT}, **own}
    try:
        return replace(case, dossier=apply_patch(model.dossier, case.dossier, patch))
    except InvalidInput as wrong:
        raise InvalidInput({path.removeprefix("subject."): why for path, why in wrong.fields.items()}) from wrong


def _by_staff_code(work: Work, staff_code: str, actor: Actor) -> list[Row]:
    """The cases in the actor's circle whose dossier names that staff code as its nominee."""
    found: list[Row] = []
    for model in work.registry.models:
        if model.nominees is not None:
            query = select(instance).where(
                instance.c.process == model.code,
                instance.c.dossier.contains(canonical(staff_code), autoescape=True),  # a first sieve, for the database
                visible_rows(work, actor),
            )
            rows = work.tx.all(Statement(query.order_by(instance.c.id.desc())))
            named = (row for row in rows if staff_code in model.nominees(load_case(work, row).dossier))
            found += [row for row in named if is_in_circle(work, row, actor)]
    return found


def _copy(work: Work, vault: Vault, row: Row, actor: Actor) -> dict[str, Any]:
    """What one case holds about its nominee."""
    model = work.registry.by_code[row["process"]]
    dossier = without(json.loads(row["dossier"]), hidden_from(work, actor, row))
    return {
        "case": brief(work, row),
        "dossier": {name: dossier[name] for name in TOLD if name in dossier},
        "subject": _subject(work, vault, model, row, actor),
        "disclosures": of_case(work, row["id"]),
    }


def _subject(work: Work, vault: Vault, model: ProcessModel, row: Row, actor: Actor) -> dict[str, str | None]:
    try:
        may_open(work, model, load_case(work, row), actor, "Cấp bản sao dữ liệu")
    except NotPerformer:
        return veiled(work, row["id"])
    found = unsealed(work, vault, row["id"])
    return {
        "identity_number": found.identity_number,
        "birth_date": found.birth_date.isoformat() if found.birth_date else None,
    }
