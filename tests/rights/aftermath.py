"""What an event leaves for rights: who sees, whose the task is, who had which duty. Told to the oracle."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise

from engine.definition.language import Seat
from engine.definition.model import StateModel
from tests.rights.declared import REGISTRY
from tests.rights.oracle import FAR_DAY, PUBLIC, ROWS, Errand, File, Given, Held, Oracle, Seated, Span

DAY = timedelta(days=1)


# ── cases ────────────────────────────────────────────────────────────────────────────────────
def begun(oracle: Oracle, file: File) -> None:
    """A case is there: its unit, the desks that watch it and those that may begin such a case see it."""
    oracle.files[file.key] = file
    file.begun = oracle.today
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
    file.holders.add(unit)
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
        for units in (file.members, file.desks, file.holders):
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


def sight_passed(oracle: Oracle, fresh: Seated | None = None) -> None:
    """Who takes over from a unit, or its seat, sees what it saw. `fresh`: a seat that was given just now."""
    for code in oracle.units:
        heir = _living_heir(oracle, code)
        for file in oracle.files.values() if heir not in (None, code) else ():
            for units in (file.members, file.desks, file.holders):
                units.update({heir} if code in units and heir else ())
    roles = {role.code for role in REGISTRY.roles.values() if role.seat is Seat.AUTHORITY}
    for authority, role in sorted({(one.authority, one.role) for one in oracle.seats if one.role in roles}):
        rows = sorted((s for s in oracle.seats if (s.authority, s.role) == (authority, role)), key=lambda s: s.since)
        for former, (row, since, heir) in pairwise(_seated(authority, rows, oracle.today)):
            if former[2] != heir:
                sits = any(oracle.seat(other, authority) == former[2] for other in roles - {role})
                goes_on = sits and (row is None or row is not fresh)
                _seat_followed(oracle, authority, former[2], heir, since if goes_on else FAR_DAY)


def _living_heir(oracle: Oracle, code: str) -> str | None:
    unit: str | None = code
    while unit is not None and oracle.units[unit].last_day < oracle.today:
        unit = oracle.units[unit].heir
    return unit


def _seated(authority: str, rows: list[Seated], today: date) -> Iterator[tuple[Seated | None, date, str]]:
    free_from = date.min
    for row in (row for row in rows if row.since <= today):
        if free_from < row.since:
            yield None, free_from, authority
        yield row, row.since, row.unit
        free_from = row.until + DAY if row.until < FAR_DAY else FAR_DAY
    if free_from <= today:
        yield None, free_from, authority


def _seat_followed(oracle: Oracle, authority: str, former: str, heir: str, until: date) -> None:
    for file in oracle.files.values():
        if file.authority == authority and file.tasks:
            for units in (file.desks, file.holders) if file.begun <= until else ():
                units.update({heir} if former in units else ())
            if heir in file.holders:
                _show_above(oracle, file, heir)


def _pass_on(file: File, task: Errand, unit: str) -> None:
    task.unit, task.assignee = unit, None
    file.desks.add(unit)
    file.holders.add(unit)


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
        if is_of_it and one.until > last_day and one.shares_a_day_with(held):
            ended(oracle.given, one, last_day)
    ended(oracle.held, held, last_day)


def left(oracle: Oracle, person: str, last_day: date, successor: str | None) -> None:
    """All that the person holds, gives and was given ends; assigned tasks go to who takes over."""
    for one in list(oracle.given):
        if person in (one.principal, one.deputy) and one.until > last_day:
            ended(oracle.given, one, last_day)
    for held in [held for held in oracle.held if held.person == person and held.until > last_day]:
        ended(oracle.held, held, last_day)
    oracle.people[person].last_day, oracle.people[person].successor = last_day, successor
    day_came(oracle)


def day_came(oracle: Oracle) -> None:
    """Once the last day of somebody who leaves is over, the account is closed, unless they were given a role since;
    assigned tasks go to who takes over, if that one may have them.
    """
    for name, one in oracle.people.items():
        if one.last_day < oracle.today:
            one.last_day = FAR_DAY
            if not any(held.person == name and held.until >= oracle.today for held in oracle.held):
                closed(oracle, name)
                _handed_over(oracle, name, one.successor)


def _handed_over(oracle: Oracle, person: str, successor: str | None) -> None:
    for file in oracle.files.values():
        for state, task in file.tasks.items():
            if task.assignee == person:
                takes = state == file.state and successor in oracle.holders(task.role, task.unit)
                kept = successor is not None and oracle.is_barred(successor, file, task.role)
                task.assignee = successor if takes and not kept else None


def closed(oracle: Oracle, person: str) -> None:
    """The account is closed, and whoever used it is out."""
    oracle.people[person].is_active = oracle.people[person].is_logged_in = False


def unit_closed(oracle: Oracle, unit: str, last_day: date, heir: str | None) -> None:
    """Memberships, the mandates on them and seats end; a sole successor has the seats from the next day on."""
    oracle.units[unit].last_day, oracle.units[unit].heir = last_day, heir
    for held in [held for held in oracle.held if held.unit == unit and held.until > last_day]:
        membership_ended(oracle, held, last_day)
    for seat in [seat for seat in oracle.seats if unit in (seat.unit, seat.authority) and seat.until > last_day]:
        if heir is not None and seat.authority not in (unit, heir):
            oracle.seats.append(Seated(max(last_day + DAY, seat.since), seat.until, seat.authority, seat.role, heir))
        ended(oracle.seats, seat, last_day)


def seat_taken(oracle: Oracle, new: Seated) -> None:
    """Who had the seat has it to the day before."""
    for seat in [s for s in oracle.seats if (s.authority, s.role) == (new.authority, new.role)]:
        if seat.until >= new.since:
            ended(oracle.seats, seat, new.since - DAY)
    oracle.seats.append(new)
