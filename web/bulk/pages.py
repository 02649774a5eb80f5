"""One action on many cases: choose it, read again what it will do, fill in its form once, and have it done."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from api.dependencies import answered
from api.errors import status_of
from api.refusals import WrongConfirmation
from engine.definition.audience import without
from engine.definition.language import Action
from engine.definition.performing import Actor
from engine.errors import ConfirmationNeeded, InvalidInput, NotAuthenticated, Refused
from engine.jobs.orders import MOST_ROWS, Order, OrderedRow, act_on_cases, order
from engine.jobs.recap import Line, Recap, recap, try_form
from engine.runtime.present import brief, reason_json
from engine.runtime.work import Work
from web.cases.reading import gist_of, words_at
from web.doors import local_path, page_router
from web.forms.fields import Field, Kind, fields_of
from web.forms.filling import filled
from web.forms.typed import Typed
from web.forms.view import FormView, placed, typed_in
from web.jobs.pages import JOBS
from web.visits import PLACE_FIELD, Visit, Visiting, in_thread

BULK = "/hang-loat"
CASE_FIELD, ACTION_FIELD, BACK_FIELD = "case", "action", "back"
SAME = "same_achievement"
"""The need of a proposal that finds others about the same achievement."""
_CASE = re.compile(r"[a-z-]{1,40}/(?P<id>[1-9][0-9]{0,17})(@(?P<version>[1-9][0-9]{0,8}))?")


@dataclass(frozen=True, slots=True)
class Wish:
    """What was chosen. versions: case → the version that its line showed, as far as lines were shown."""

    ids: tuple[int, ...]
    versions: Mapping[int, int]
    action: str
    back: str


@dataclass(frozen=True, slots=True)
class Sent:
    """A form that came back: what it held, and why it was refused."""

    typed: Typed
    refused: Refused


def bulk_routes() -> APIRouter:
    """GET and POST /hang-loat: the recap. POST /hang-loat/thuc-hien: have it done."""
    router = page_router()

    @router.get(BULK)
    def ask(visit: Visiting) -> Response:
        query = visit.request.query_params
        return _page(visit, _wish(query.getlist(CASE_FIELD), query.get(ACTION_FIELD, ""), query.get(BACK_FIELD, "/")))

    @router.post(BULK)
    async def look(visit: Visiting) -> Response:
        wish = _wish_of(typed_in(await visit.form()))
        return await in_thread(lambda: _page(visit, wish))

    @router.post(f"{BULK}/thuc-hien")
    async def go(visit: Visiting) -> Response:
        return await _go(visit)

    return router


def _wish_of(typed: Typed) -> Wish:
    first = {name: values[0] for name, values in typed.items() if values}
    back = first.get(BACK_FIELD) or first.get(PLACE_FIELD, "/")
    return _wish(typed.get(CASE_FIELD, ()), first.get(ACTION_FIELD, ""), back)


def _wish(cases: Sequence[str], action: str, back: str) -> Wish:
    """What was chosen; what names no case is left out.

    Raises:
        InvalidInput: more cases than one job takes.
    """
    found = [place for place in map(_CASE.fullmatch, cases) if place is not None]
    if len(found) > MOST_ROWS:
        raise InvalidInput({CASE_FIELD: f"Mỗi lần làm được nhiều nhất {MOST_ROWS} hồ sơ; hãy chọn bớt."})
    versions = {int(place["id"]): int(place["version"]) for place in found if place["version"]}
    return Wish(tuple(int(place["id"]) for place in found), versions, action[:100], local_path(back))


# ── the recap ────────────────────────────────────────────────────────────────────────────────────
def _page(visit: Visit, wish: Wish, sent: Sent | None = None) -> Response:
    with visit.look() as (work, actor):
        found = recap(work, actor, wish.ids, wish.action)
        meta = _meta(work, found)
        fields = fields_of(meta.form) if meta and meta.form else ()
        return visit.page(
            "bulk/recap.html.j2",
            visit.frame(work, actor),
            status=status_of(sent.refused) if sent else 200,
            title=_title(visit, found),
            wish=wish,
            found=found,
            moves=[_move(work, found, *move) for move in found.moves.items()],
            going=[_shown(work, line) for line in found.going],
            staying=[_shown(work, line) for line in found.staying],
            form=_form(visit, work, fields, sent),
            is_confirmed=visit.is_confirmed(work),
            said=_sentence(visit, sent.refused) if sent else "",
        )


def _sentence(visit: Visit, refused: Refused) -> str:
    if isinstance(refused, ConfirmationNeeded):
        return visit.tr("Hãy nhập mật khẩu để xác nhận chữ ký.")
    return visit.said(refused)


def _title(visit: Visit, found: Recap) -> str:
    if found.chosen is None:
        return visit.tr("Chọn việc làm cho nhiều hồ sơ")
    return visit.tr("{action}: {n} hồ sơ", action=visit.tr(found.chosen.label), n=len(found.going))


def _meta(work: Work, found: Recap) -> Action | None:
    return work.registry.by_code[found.chosen.process].actions[found.chosen.action] if found.chosen else None


def _form(visit: Visit, work: Work, fields: tuple[Field, ...], sent: Sent | None) -> FormView:
    if sent is None:
        dated = (field.name for field in fields if field.kind is Kind.DATE and field.is_required)
        return FormView(fields, {name: [work.today.isoformat()] for name in dated})
    faults = sent.refused.fields if isinstance(sent.refused, InvalidInput) else {}
    return FormView(fields, filled(fields, sent.typed, {}).typed, *placed(fields, faults, visit.tr))


def _move(work: Work, found: Recap, move: tuple[str, tuple[str, ...]], count: int) -> dict[str, Any]:
    assert found.chosen is not None, "nothing moves without an action"
    states = work.registry.by_code[found.chosen.process].states
    return {"from": states[move[0]].status, "to": [states[target].status for target in move[1]], "count": count}


def _shown(work: Work, line: Line) -> dict[str, Any]:
    """A line as the recap shows it: enough to decide by, as far as this person may see it."""
    model = work.registry.by_code[line.case.process]
    dossier = without(line.case.dossier.model_dump(), line.hidden)
    return {
        **brief(work, line.row),
        "said": gist_of(model, dossier),
        "result": words_at(dossier, model.outline.verdict),
        "appraised": words_at(dossier, model.outline.grounds),
        "targets": [model.states[target].status for target in line.targets] if not line.reasons else [],
        "reasons": [reason_json(reason) for reason in line.reasons],
        "warnings": [reason_json(reason) for reason in line.warnings],
        "same": [_same(work, one.process, one.code, one.state) for one in line.met.get(SAME, ())],
    }


def _same(work: Work, process: str, code: str, state: str) -> str:
    return f"{code} ({work.registry.by_code[process].states[state].status})"


# ── having it done ───────────────────────────────────────────────────────────────────────────────
async def _go(visit: Visit) -> Response:
    form = await visit.form()
    typed = typed_in(form)
    wish = _wish_of(typed)
    try:
        wanted = await in_thread(lambda: _ordered(visit, wish, typed))
        asking = await visit.asking(form)
        answer = await answered(order(visit.engine, asking, wanted))
    except NotAuthenticated as refused:
        if not isinstance(refused, WrongConfirmation):
            raise
        refusal: Refused = refused
    except Refused as refused:
        refusal = refused
    else:
        return visit.go(f"{JOBS}/{answer.location.rpartition('/')[2]}")
    return await in_thread(lambda: _page(visit, wish, Sent(typed, refusal)))


def _ordered(visit: Visit, wish: Wish, typed: Typed) -> Order:
    """The order: every case that was shown and is still ticked, on the version that was shown; blocks.

    Raises:
        InvalidInput: no case is left, no such action, or the form is not satisfied.
    """
    with visit.look() as (work, actor):
        found = recap(work, actor, wish.ids, wish.action)
        meta = _meta(work, found)
        if found.chosen is None or meta is None or not found.going:
            raise InvalidInput({CASE_FIELD: "Không hồ sơ nào trong số đã chọn làm được việc này."})
        document = _document(work, actor, found, meta, typed)
        rows = [_row(work, line, wish) for line in (*found.going, *found.staying)]
        return act_on_cases(
            found.chosen.process, found.chosen.action, document, _title(visit, found), rows, signs=meta.signs,
            back=wish.back,
        )  # fmt: skip


def _document(work: Work, actor: Actor, found: Recap, meta: Action, typed: Typed) -> dict[str, Any] | None:
    if meta.form is None:
        return None
    given = filled(fields_of(meta.form), typed, {})
    given.must_be_readable(meta.form)
    try_form(work, actor, found.going[0], meta.id, given.document)
    return given.document


def _row(work: Work, line: Line, wish: Wish) -> OrderedRow:
    """A row: on the version that was shown, so that a case that has changed since is refused and not acted on."""
    version = wish.versions.get(line.row["id"], line.row["version"])
    return OrderedRow(line.row["headline"], {"version": version}, line.row["id"])
