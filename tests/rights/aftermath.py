"""What an event leaves for rights: who sees, whose the task is, who had which duty. Told to the oracle."""

from datetime import date, timedelta

from engine.definition.language import Seat
from engine.definition.model import StateModel
from tests.rights.declared import REGISTRY
from tests.rights.oracle import FAR_DAY, PUBLIC, ROWS, Errand, File, Finding, Given, Held, Oracle, Seated, Span

DAY = timedelta(days=1)


# ── cases ────────────────────────────────────────────────────────────────────────────────────
def begun(oracle: Oracle, file: File) -> None:
    """A case is there: its unit, the desks that watch it and those that may begin such a case see it."""
    oracle.files[file.key] = file
    file.members.add(file.unit)
    above = oracle.files[file.parent] if file.parent is not None else None
    starters = [row.role for row in ROWS.get((file.process, "start", above.process if above else "-"), [])]
    watchers = [role.code for role in REGISTRY.by_code[file.process].watchers]
    file.desks.update(oracle.place(role, file) for role in (*starters, *watchers))
    _open_task(oracle, file, state_of(file))


def moved(oracle: Oracle, file: File, target: str) -> None:
    """The case has gone from its state to another, or stayed."""
    model, source = REGISTRY.by_code[file.process], file.state
    if target == source:
        return
    file.state, state = target, model.states[target]
    if file.process in PUBLIC and source == model.initial:
        file.circle = file.authority
    if state.final:
        file.tasks.clear()
        return
    if not state.pauses:
        file.tasks.pop(source, None)
    if target not in file.tasks:  # else it was paused, and runs on
        _open_task(oracle, file, state)


def state_of(file: File) -> StateModel:
    return REGISTRY.by_code[file.process].states[file.state]


def _open_task(oracle: Oracle, file: File, state: StateModel) -> None:
    assert state.owner is not None, "open states have owners"
    unit = oracle.place(state.owner.code, file)
    file.tasks[state.id] = Errand(state.owner.code, unit)
    file.desks.add(unit)
    _show_above(oracle, file, unit)


def _show_above(oracle: Oracle, file: File, unit: str) -> None:
    """Who holds a case sees the ones above it."""
    above = file.parent
    while above is not None:
        oracle.files[above].members.add(unit)
        above = oracle.files[above].parent


def had_duty(file: File, verb: str, state: str, role: str, persons: frozenset[str]) -> None:
    """The act was part of a duty of everybody who answers for it."""
    for row in ROWS.get((file.process, verb, state), []):
        if row.role == role and row.duty:
            for person in persons:
                file.duties.setdefault(person, set()).add(row.duty)


def transferred(oracle: Oracle, file: File, unit: str, authority: str) -> None:
    """Another unit has the case, or another authority decides it: sight and tasks go along."""
    heirs = {file.unit: unit, file.authority: authority}
    file.unit, file.authority = unit, authority
    for former, heir in heirs.items():
        for units in (file.members, file.desks):
            if former != heir and former in units:
                units.remove(former)
                units.add(heir)
        if former != heir and file.circle == former:
            file.circle = heir
    file.members.add(unit)
    for task in file.tasks.values():
        if (holder := oracle.place(task.role, file)) != task.unit:
            _pass_on(file, task, holder)
            _show_above(oracle, file, holder)


def reseated(oracle: Oracle) -> None:
    """The open tasks of authorities' roles are where the seats are today."""
    for file in oracle.files.values():
        if oracle.units[file.authority].last_day < oracle.today:
            continue
        for task in file.tasks.values():
            is_seat = REGISTRY.roles[task.role].seat is Seat.AUTHORITY
            if is_seat and (unit := oracle.seat(task.role, file.authority)) != task.unit:
                _pass_on(file, task, unit)


def _pass_on(file: File, task: Errand, unit: str) -> None:
    task.unit, task.assignee = unit, None
    file.desks.add(unit)


# ── the office ───────────────────────────────────────────────────────────────────────────────
def ended(rows: list[Held] | list[Given] | list[Seated], row: Span, last_day: date) -> None:
    """The row ends after that day; one that begins later never comes to be."""
    if row.since > last_day:
        rows.remove(row)  # type: ignore[arg-type]  # it is one of them
    else:
        row.until = min(row.until, last_day)


def membership_ended(oracle: Oracle, held: Held, last_day: date) -> None:
    """With it end the mandates that rest on it."""
    for one in list(oracle.given):
        is_of_it = (one.principal, one.role, one.unit) == (held.person, held.role, held.unit)
        rests = one.shares_a_day_with(held) or Finding.NEXT_MANDATE_LOST in oracle.built
        if is_of_it and one.until > last_day and rests:
            ended(oracle.given, one, last_day)
    ended(oracle.held, held, last_day)


def left(oracle: Oracle, person: str, last_day: date, successor: str | None) -> None:
    """All that the person holds, gives and was given ends; assigned tasks go to who takes over."""
    for one in list(oracle.given):
        if person in (one.principal, one.deputy) and one.until > last_day:
            ended(oracle.given, one, last_day)
    for held in [held for held in oracle.held if held.person == person and held.until > last_day]:
        ended(oracle.held, held, last_day)
    if last_day < oracle.today or Finding.LEAVER_STAYS not in oracle.built:
        oracle.people[person].last_day = last_day
    day_came(oracle)
    for file in oracle.files.values():
        for task in file.tasks.values():
            if task.assignee == person:
                takes = successor is not None and oracle.is_member(successor, task.role, task.unit)
                task.assignee = successor if takes else None


def day_came(oracle: Oracle) -> None:
    """Once the last day of somebody who leaves is over, the account is closed."""
    for name, one in oracle.people.items():
        if one.last_day < oracle.today:
            one.last_day = FAR_DAY
            closed(oracle, name)


def closed(oracle: Oracle, person: str) -> None:
    """The account is closed, and whoever used it is out."""
    oracle.people[person].is_active = oracle.people[person].is_logged_in = False


def unit_closed(oracle: Oracle, unit: str, last_day: date, heir: str | None) -> None:
    """Memberships, the mandates on them and seats end; a sole successor has the seats from the next day on."""
    oracle.units[unit].last_day = last_day
    for held in [held for held in oracle.held if held.unit == unit and held.until > last_day]:
        membership_ended(oracle, held, last_day)
    for seat in [seat for seat in oracle.seats if unit in (seat.unit, seat.authority) and seat.until > last_day]:
        if heir is not None and seat.authority not in (unit, heir):
            until = FAR_DAY if Finding.HEIR_OUTSITS in oracle.built else seat.until
            oracle.seats.append(Seated(max(last_day + DAY, seat.since), until, seat.authority, seat.role, heir))
        ended(oracle.seats, seat, last_day)


def seat_taken(oracle: Oracle, new: Seated) -> None:
    """Who had the seat has it to the day before."""
    for seat in [s for s in oracle.seats if (s.authority, s.role) == (new.authority, new.role)]:
        if seat.until >= new.since:
            ended(oracle.seats, seat, new.since - DAY)
    oracle.seats.append(new)
