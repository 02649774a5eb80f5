"""Birth date and identity number of a case's nominee: sealed in a table of their own, masked wherever shown."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import bindparam, select, update

from engine.definition.case import Case
from engine.definition.model import ProcessModel
from engine.definition.performing import Actor
from engine.errors import InvalidInput, NotFound
from engine.privacy.circle import must_be_in_circle
from engine.privacy.sealing import BIRTH_DATE, IDENTITY, place
from engine.runtime.commands import must_edit
from engine.runtime.database import Row, Statement
from engine.runtime.recording import advance
from engine.runtime.schema import subject
from engine.runtime.snapshots import load_case
from engine.runtime.statements import insertion
from engine.runtime.vault import Vault
from engine.runtime.work import Work

SET_SUBJECT = "set_subject"
EARLIEST = date(1900, 1, 1)
HIDDEN_DATE = "••/••/••••"

_SUBJECT = Statement(select(subject).where(subject.c.instance_id == bindparam("case")))
_NEW_SUBJECT = insertion(subject)
_VALUES = ("sealed_identity", "identity_ending", "identity_print", "sealed_birth_date", "updated_at")
_SET_SUBJECT = Statement(
    update(subject)
    .where(subject.c.instance_id == bindparam("case"))
    .values({name: bindparam(f"new_{name}") for name in _VALUES})
)


@dataclass(frozen=True, slots=True)
class SubjectData:
    """What is kept sealed of a nominee, opened; None is not known."""

    identity_number: str | None
    birth_date: date | None


def put(work: Work, vault: Vault, model: ProcessModel, row: Row, given: Mapping[str, Any], actor: Actor) -> Row:
    """Seal what is given with the case; returns its row, one version on. The history says that, never what.

    given: `identity_number` (12 digits) and `birth_date` (a date); None empties one, an absent one stays.

    Raises:
        NotFound: the process proposes nobody, or the actor is none of those the data is for.
        ActionNotAvailable, NotPerformer: the actor may not edit the case now.
        InvalidInput: a birth date that cannot be.
    """
    must_be_in_circle(work, model, row, actor)
    case = load_case(work, row)
    deed = must_edit(work, model, case, actor)
    _check_birth_date(case, given.get("birth_date"))
    _store(work, vault, row["id"], given)
    told = replace(deed, verb=SET_SUBJECT, more={"subject": sorted(given)})
    return advance(work, model, row, case, case, told)[0]


def masked(work: Work, model: ProcessModel, row: Row, actor: Actor) -> dict[str, str | None]:
    """What may be shown without a reason: that there is something, and the last four digits.

    Raises:
        NotFound: as `put`.
    """
    must_be_in_circle(work, model, row, actor)
    return veiled(work, row["id"])


def veiled(work: Work, instance_id: int) -> dict[str, str | None]:
    """The masked data of a case, for whoever has been found to be in its circle."""
    stored = work.tx.one(_SUBJECT, case=instance_id)
    ending = stored["identity_ending"] if stored else ""
    has_date = bool(stored and stored["sealed_birth_date"])
    return {
        "identity_number": f"•••• •••• {ending}" if ending else None,
        "birth_date": HIDDEN_DATE if has_date else None,
    }


def unsealed(work: Work, vault: Vault, instance_id: int) -> SubjectData:
    """The data itself; whoever asks for it records why.

    Raises:
        Unsealable: the keys are not those of this database, or the value was tampered with.
    """
    stored = work.tx.one(_SUBJECT, case=instance_id)
    if stored is None:
        return SubjectData(None, None)
    number, day = stored["sealed_identity"], stored["sealed_birth_date"]
    return SubjectData(
        vault.open(number, place(IDENTITY, instance_id)) if number else None,
        date.fromisoformat(vault.open(day, place(BIRTH_DATE, instance_id))) if day else None,
    )


def opened_json(found: SubjectData) -> dict[str, str | None]:
    """The unmasked data as JSON values.

    Raises:
        NotFound: there is none.
    """
    if found == SubjectData(None, None):
        raise NotFound(what="số định danh và ngày sinh (chưa được nhập)")
    return {
        "identity_number": found.identity_number,
        "birth_date": found.birth_date.isoformat() if found.birth_date else None,
    }


def _check_birth_date(case: Case[Any], day: date | None) -> None:
    if day is None:
        return
    if not EARLIEST <= day <= case.today:
        raise InvalidInput({"birth_date": f"Ngày sinh phải từ năm {EARLIEST.year} đến hôm nay."})
    year = getattr(getattr(case.dossier, "subject", None), "birth_year", None)
    if year is not None and year != day.year:
        raise InvalidInput({"birth_date": "Ngày sinh không khớp với năm sinh ghi trong hồ sơ."})


def _store(work: Work, vault: Vault, instance_id: int, given: Mapping[str, Any]) -> None:
    stored = work.tx.one(_SUBJECT, case=instance_id)
    values: dict[str, Any] = {name: stored[name] if stored else "" for name in _VALUES}
    if "identity_number" in given:
        number = given["identity_number"] or ""
        values["sealed_identity"] = vault.seal(number, place(IDENTITY, instance_id)) if number else ""
        values["identity_ending"] = number[-4:]
        values["identity_print"] = vault.fingerprint(number) if number else ""
    if "birth_date" in given:
        day = given["birth_date"]
        values["sealed_birth_date"] = vault.seal(day.isoformat(), place(BIRTH_DATE, instance_id)) if day else ""
    values["updated_at"] = work.micros
    if stored is None:
        work.tx.insert(_NEW_SUBJECT, instance_id=instance_id, **values)
    else:
        work.tx.run(_SET_SUBJECT, case=instance_id, **{f"new_{name}": value for name, value in values.items()})
