"""The view that an address stands for: what its query asks of the lists of cases.

Nonsense in it is left out rather than refused: addresses are shared, bookmarked and typed.
"""

from collections.abc import Iterable, Mapping

from engine.definition.language import Phase, Seat
from engine.definition.model import ProcessModel, StateModel
from engine.instants import start_of_day, to_micros
from engine.runtime.queries import CaseFilter, Whose
from engine.runtime.work import Work

PROCESS, STATE, PHASE, SECTION, UNIT, PARENT, OPEN, TEXT, AWARD = (
    "loai", "trang_thai", "giai_doan", "muc", "don_vi", "thuoc", "mo", "q", "khen",
)  # fmt: skip
OVERDUE, WHOSE, ROLE, HOLDER, DUE_IN, WAITING = "qua_han", "cua", "vai", "noi", "con", "cho"
FILTERS = (
    TEXT, PROCESS, SECTION, STATE, PHASE, UNIT, PARENT, OPEN, AWARD, OVERDUE, WHOSE, ROLE, HOLDER, DUE_IN, WAITING,
)  # fmt: skip
"""The names in addresses. loai: collection, or several with commas. muc: one of SECTIONS. mo: 1 open, 0 closed.
cua: one of WHOSE_TASK. noi: the unit whose task it is. con: due in that many working days or fewer. cho: has waited
for more working days."""

DECIDED = "da_quyet_dinh"
SECTIONS: Mapping[str, str] = {
    "nhap": "Nháp",
    "da_nop": "Đã nộp",
    "bo_sung": "Cần bổ sung",
    DECIDED: "Đã quyết định",
}
WHOSE_TASK: Mapping[str, Whose] = {
    "vai": Whose.ROLES,
    "toi": Whose.ACTOR,
    "trong": Whose.NOBODY,
    "phong": Whose.UNITS,
}
LONGEST_TEXT, MOST_DAYS = 100, 400


def filter_of(work: Work, given: Mapping[str, str]) -> CaseFilter:
    """The filter that these query parameters (or form fields of the same names) stand for."""
    asked = {name: given.get(name, "").replace("\0", "").strip() for name in FILTERS}
    waited, due_in = _days(asked[WAITING]), _days(asked[DUE_IN])
    unit, holder = (work.office.by_code.get(asked[name]) for name in (UNIT, HOLDER))
    calendar = work.office.calendar
    processes = _processes(work, asked[PROCESS])
    return CaseFilter(
        processes=processes,
        steps=steps(work.registry.models, asked[SECTION]) if asked[SECTION] in SECTIONS else (),
        state=asked[STATE] if any(asked[STATE] in model.states for model in work.registry.models) else None,
        phase=asked[PHASE] if asked[PHASE] in set(Phase) else None,
        unit_id=unit.id if unit else None,
        parent_id=_key(asked[PARENT]),
        is_open={"1": True, "0": False}.get(asked[OPEN]),
        text=asked[TEXT][:LONGEST_TEXT],
        award=asked[AWARD] or None,
        overdue=asked[OVERDUE] == "1",
        whose=WHOSE_TASK.get(asked[WHOSE]),
        held_by=asked[ROLE] if asked[ROLE] in work.registry.roles else None,
        held_in=holder.id if holder else None,
        due_by=None if due_in is None else calendar.add(work.today, due_in),
        waiting_since=None if waited is None else to_micros(start_of_day(calendar.add(work.today, -waited))),
    )


def steps(models: Iterable[ProcessModel], section: str) -> tuple[tuple[str, str], ...]:
    """The (process, state) pairs that units count as drafts, handed in, back with them, or decided."""
    return tuple((model.code, state.id) for model in models for state in model.states.values() if _is(state) == section)


def _is(state: StateModel) -> str:
    if state.final or state.phase is Phase.APPROVED:
        return DECIDED
    if state.phase is Phase.DRAFTED:
        return "nhap"
    is_back = state.owner is not None and state.owner.seat is Seat.OWN_UNIT and bool(state.edits)
    return "bo_sung" if is_back else "da_nop"


def _processes(work: Work, given: str) -> tuple[str, ...]:
    """The codes of the processes that the collections named there hold."""
    by_name = work.registry.by_collection
    return tuple(by_name[name].code for name in dict.fromkeys(given.split(",")) if name in by_name)


def _days(given: str) -> int | None:
    return min(int(given), MOST_DAYS) if given.isascii() and given.isdigit() and len(given) < 5 else None


def _key(given: str) -> int | None:
    return int(given) if given.isascii() and given.isdigit() and len(given) < 18 else None
