"""The page on which a case is begun: for which unit, below which case, with what is known at first."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.responses import Response

from api.dependencies import answered
from api.errors import status_of
from engine.definition.documents import difference, to_json
from engine.definition.model import ProcessModel
from engine.definition.performing import Actor
from engine.errors import ActionNotAvailable, GuardUnmet, InvalidInput, NotAuthenticated, NotPerformer, Refused
from engine.office.organisation import Unit
from engine.runtime import beginning, queries
from engine.runtime.beginning import NewCase
from engine.runtime.database import Row
from engine.runtime.present import brief
from engine.runtime.snapshots import load_case
from engine.runtime.work import Work
from web.cases.below import openings
from web.cases.drafting import draft_of, drop
from web.cases.reaching import At, because, done
from web.doors import page_router
from web.forms.fields import Field, Kind, fields_of
from web.forms.filling import filled
from web.forms.typed import Typed, read, shown
from web.forms.view import MORE_FIELD, FormView, placed, typed_in
from web.given import number
from web.visits import Visit, Visiting, in_thread

UNIT, PARENT = "unit", "parent"
BEGINNING = "Lập hồ sơ"
MOST_ABOVE = 50


@dataclass(frozen=True, slots=True)
class New:
    """A case that is to be: of which process, below which case."""

    collection: str
    parent_id: int | None

    @property
    def place(self) -> str:
        below = f"?parent={self.parent_id}" if self.parent_id is not None else ""
        return f"/{self.collection}/moi{below}"

    def model(self, visit: Visit) -> ProcessModel:
        return visit.engine.registry.collection(self.collection)


def beginning_routes() -> APIRouter:
    """GET and POST /{collection}/moi?parent=…"""
    router = page_router()

    @router.get("/{collection}/moi")
    def show(visit: Visiting, collection: str, parent: str = "") -> Response:
        return _page(visit, New(collection, number(parent)))

    @router.post("/{collection}/moi")
    async def begin(visit: Visiting, collection: str, parent: str = "") -> Response:
        return await _begin(visit, New(collection, number(parent)), await visit.form())

    return router


async def _begin(visit: Visit, new: New, form: FormData) -> Response:
    typed, model = typed_in(form), new.model(visit)
    fields, first = _fields(model), _first(model)
    given = filled(fields, typed, first)
    if form.get(MORE_FIELD):
        return await in_thread(lambda: _page(visit, new, typed))
    try:
        given.must_be_readable(model.dossier)
        asking = await visit.asking(form)
        dossier = difference(read(fields, first)[0], given.document)
        wanted = NewCase(str(form.get(UNIT, "")) or None, new.parent_id, dossier)
        answer = await answered(visit.engine.start(asking, model, wanted))
    except NotAuthenticated:
        raise
    except Refused as refused:
        refusal = refused
        return await in_thread(lambda: _page(visit, new, typed, refusal))
    await drop(visit, new.place)
    at = At(new.collection, int(answer.location.rpartition("/")[2]))
    note = await in_thread(lambda: done(visit, at, answer, BEGINNING))
    return visit.go(await in_thread(lambda: _onward(visit, at)), note)


def _onward(visit: Visit, at: At) -> str:
    """Where a new case is gone on with: on its page when it is a list to be drawn up, else in its form."""
    with visit.look() as (work, actor):
        row = at.row(visit, work, actor)
        found = openings(work, row, load_case(work, row), actor)
    return f"{at.page}/sua" if found["edit"] and not found["adds"] else at.page


def _must_be_open(work: Work, model: ProcessModel, parent: Row, unit: Unit, actor: Actor) -> None:
    """Refuse at once what nothing filled in could change.

    Raises:
        ActionNotAvailable: the case above has ended.
        GuardUnmet: a condition of beginning does not hold, and none depends on what is filled in.
    """
    if parent["closed_at"] is not None:
        above = work.registry.by_code[parent["process"]].states[parent["state"]]
        raise ActionNotAvailable(action=f"Lập {model.title.lower()}", state=above.status, available="không có")
    if not model.begin.given:
        with suppress(InvalidInput):
            beginning.rehearse(work, model, NewCase(unit.code, parent["id"], {}), actor)


def _fields(model: ProcessModel) -> tuple[Field, ...]:
    return fields_of(model.dossier, model.first_fields)


def _first(model: ProcessModel) -> dict[str, list[str]]:
    """What stands in the fields of a new dossier."""
    return shown(_fields(model), to_json(model.dossier()))


def _above(visit: Visit, new: New) -> Response:
    """The cases below which such a case can be begun, to choose from."""
    model = new.model(visit)
    with visit.look() as (work, actor):
        wanted = queries.CaseFilter(tuple(model.begin.below), is_open=True)
        found = [brief(work, row) for row in queries.cases(work, actor, wanted, MOST_ABOVE)]
        return visit.page(
            "cases/begin_above.html.j2",
            visit.frame(work, actor),
            title=visit.tr("Lập mới: {what}", what=visit.tr(model.title)),
            collection=new.collection,
            cases=found,
        )


def _page(visit: Visit, new: New, sent: Typed | None = None, refused: Refused | None = None) -> Response:
    model = new.model(visit)
    if new.parent_id is None and model.begin.below and not model.begin.by:
        return _above(visit, new)
    with visit.look() as (work, actor):
        parent, mine, others = beginning.places(work, model, new.parent_id, actor)
        if not mine and not others:
            roles = model.begin.roles(parent["process"] if parent else None)
            raise NotPerformer(action=f"Lập {model.title.lower()}", who="; ".join(r.label for r in roles) or "hệ thống")
        draft = draft_of(visit, work, actor.person_id, new.place) if sent is None else None
        typed = sent if sent is not None else draft.typed if draft else None
        if parent is not None and sent is None:
            try:
                _must_be_open(work, model, parent, (*mine, *others)[0], actor)
            except (ActionNotAvailable, GuardUnmet) as shut:
                if draft is None:
                    raise
                refused = shut  # beside what was typed, so that it can be copied
        return visit.page(
            "cases/begin.html.j2",
            visit.frame(work, actor),
            status=status_of(refused) if refused else 200,
            title=visit.tr("Lập mới: {what}", what=visit.tr(model.title)),
            place=new.place,
            above=brief(work, parent) if parent else None,
            unit=_unit_form(visit, mine, others, typed, refused),
            form=_form(visit, model, typed, refused),
            drafted_at=draft.at if draft else None,
            said=visit.said(refused) if refused else "",
            reasons=because(visit, refused) if refused else [],
        )


def _form(visit: Visit, model: ProcessModel, typed: Typed | None, refused: Refused | None) -> FormView:
    fields, first = _fields(model), _first(model)
    given = filled(fields, typed, first).typed if typed is not None else first
    faults: Any = refused.fields if isinstance(refused, InvalidInput) else {}
    return FormView(fields, given, *placed(_with_unit(fields), faults, visit.tr))


def _unit_form(
    visit: Visit, mine: list[Unit], others: list[Unit], typed: Typed | None, refused: Refused | None
) -> FormView | None:
    """The choice of a unit; None where there is nothing to choose."""
    choices = tuple((unit.code, unit.name) for unit in (*mine, *others))
    if len(choices) == 1:
        return None
    faults: Any = refused.fields if isinstance(refused, InvalidInput) else {}
    usual = [mine[0].code] if len(mine) == 1 else []
    chosen = {UNIT: list((typed or {}).get(UNIT, usual))}
    field = Field(UNIT, "Đơn vị", Kind.SELECT, is_required=True, choices=(("", "Chưa chọn"), *choices))
    return FormView((field,), chosen, *placed((field,), {k: v for k, v in faults.items() if k == UNIT}, visit.tr))


def _with_unit(fields: tuple[Field, ...]) -> tuple[Field, ...]:
    return (Field(UNIT, "Đơn vị", Kind.SELECT), *fields)
