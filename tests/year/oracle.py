"""Which letters the year must have sent, worked out a second time.

Known: the definitions (who holds a state, until when, which ladder; whom an action tells), the working
days, who holds which role where, when nothing ticked, and the history of each case. Not used: the
engine's tasks, timers and notices.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any

from engine.definition.deadlines import Due, DueKind, Rung
from engine.definition.documents import merge
from engine.definition.language import RESCHEDULE, Role, Seat
from tests.year.ledger import VIETNAM, CaseRow, Ledger, Step, local_date, local_hours

MORNING = 8
OPENS, CLOSES = 7, 18


@dataclass(frozen=True, slots=True)
class Letter:
    """One thing that one person is told, on which local date; `about` tells it from others of its kind."""

    recipient: str
    code: str
    kind: str
    on: date
    about: str


@dataclass
class Stretch:
    """A part of a stay during which the due date did not move; until None: to the end of the year."""

    due_on: date | None
    since: datetime
    until: datetime | None = None
    by_system: bool = False


@dataclass
class Stay:
    """A task: one stay of a case in a state, perhaps interrupted while the case waited elsewhere."""

    case: CaseRow
    state: str
    stretches: list[Stretch] = field(default_factory=list)
    days_left: int | None = None

    @property
    def due_on(self) -> date | None:
        return self.stretches[-1].due_on

    def stop(self, step: Step) -> None:
        self.stretches[-1].until, self.stretches[-1].by_system = step.at, step.actor_id is None

    def runs_at(self, moment: datetime, due_on: date | None = None) -> bool:
        """Whether it is still open when the letters of that moment are written, and due as then.

        What the system does at that moment comes before its letters, what people do comes after them.
        """
        running = [
            s for s in self.stretches
            if s.since <= moment and (s.until is None or moment < s.until or (moment == s.until and not s.by_system))
        ]  # fmt: skip
        return bool(running) and (due_on is None or running[-1].due_on == due_on)


@dataclass(frozen=True, slots=True)
class Notice:
    """What the year must have noted to tell somebody; `due_on` of a reminder is the date it speaks of."""

    recipient: str
    code: str
    kind: str
    about: str
    at: datetime
    stay: Stay | None
    due_on: date | None = None


class WorkingDays:
    """Counting on the list of working days."""

    def __init__(self, days: list[date]) -> None:
        self._days, self._set = days, set(days)

    def add(self, day: date, n: int) -> date:
        """n working days on from the last one on or before the day."""
        return self._days[bisect_right(self._days, day) - 1 + n]

    def resumed(self, day: date, left: int) -> date:
        """The due date after a pause; with no days left the first working day from then on."""
        return self.add(day, left) if left or day in self._set else self.add(day, 1)

    def between(self, start: date, end: date) -> int:
        """Working days after start, up to and including end."""
        return bisect_right(self._days, end) - bisect_right(self._days, start)

    def waking(self, moment: datetime) -> datetime:
        """When mail of that moment may go out."""
        day = local_date(moment)
        if day in self._set and OPENS <= local_hours(moment) < CLOSES:
            return moment
        if day not in self._set or local_hours(moment) >= CLOSES:
            day = self._days[bisect_right(self._days, day)]
        return morning_of(day)


class Oracle:
    """The letters of one ledger. `absences`: from when to when nothing ticked."""

    def __init__(self, ledger: Ledger, absences: list[tuple[datetime, datetime]]) -> None:
        self._ledger, self._absences = ledger, absences
        self._days = WorkingDays(ledger.working_days)
        self._holders, self._seats, self._limits = ledger.holders(), ledger.seats(), ledger.limits()
        self._dossiers: dict[int, dict[str, Any]] = {}
        self._open: dict[int, Stay] = {}
        self._paused: dict[tuple[int, str], Stay] = {}
        self._stays: list[Stay] = []
        self.skipped = 0
        self.left_behind: list[str] = []
        events = [notice for step in ledger.steps for notice in self._follow(step)]
        reminders = [notice for stay in self._stays for notice in self._reminders(stay)]
        self.notices: list[Notice] = [*events, *reminders]

    # ── the answers ──────────────────────────────────────────────────────────────────────────
    def letters(self) -> Iterator[Letter]:
        """What must have been sent."""
        for notice in self.notices:
            moment = self._sending(notice)
            if self._says_something(notice, moment):
                yield Letter(notice.recipient, notice.code, notice.kind, local_date(moment), notice.about)

    def dropped(self) -> int:
        """How many notices must have been dropped, because their task was over before they could go out."""
        return sum(not self._says_something(notice, self._sending(notice)) for notice in self.notices)

    def _says_something(self, notice: Notice, moment: datetime) -> bool:
        return notice.stay is None or notice.stay.runs_at(moment, notice.due_on)

    def _sending(self, notice: Notice) -> datetime:
        return self._next_tick(self._days.waking(notice.at))

    def _next_tick(self, moment: datetime) -> datetime:
        return next((back for gone, back in self._absences if gone < moment <= back), moment)

    # ── following the history ────────────────────────────────────────────────────────────────
    def _follow(self, step: Step) -> Iterator[Notice]:
        case = self._ledger.cases[step.case_id]
        self._dossiers[case.id] = merge(self._dossiers.get(case.id, {}), step.patch)
        heard: set[str] = set()
        if step.action == RESCHEDULE:
            stay = self._open[case.id]
            self._move_due(stay, step)
            yield from self._tell(step, case, (self._owner(stay),), "deadline_changed", f"{stay.due_on}", stay, heard)
        elif step.source != step.target:
            opened = self._enter(case, step)
            if opened is not None and self._waits_for_people(opened):
                about = f"{case.model.states[opened.state].todo} {opened.due_on}"
                yield from self._tell(step, case, (self._owner(opened),), "task_opened", about, opened, heard)
        elif step.action in case.model.actions:
            self._move_due(self._open[case.id], step)
        if step.action in case.model.actions:
            action = case.model.actions[step.action]
            for tell in action.tells:
                yield from self._tell(step, case, tell.to, tell.kind, action.label, None, heard)

    def _enter(self, case: CaseRow, step: Step) -> Stay | None:
        """Close or interrupt the stay that was, open or resume the one that is; None in a final state."""
        target = case.model.states[step.target]
        left = self._open.pop(case.id, None)
        if left is not None:
            self._check_due(left, step)
            left.stop(step)
            if target.pauses:
                on = left.due_on
                left.days_left = self._days.between(local_date(step.at), on) if on else None
                self._paused[case.id, left.state] = left
        if target.final:
            return None
        stay = self._paused.pop((case.id, target.id), None)
        if stay is None:
            stay = Stay(case, target.id)
            self._stays.append(stay)
            due_on = self._due(case, target.due, step.at)
        else:
            due_on = None if stay.days_left is None else self._days.resumed(local_date(step.at), stay.days_left)
        stay.stretches.append(Stretch(due_on, step.at))
        self._open[case.id] = stay
        return stay

    def _move_due(self, stay: Stay, step: Step) -> None:
        rule = stay.case.model.states[stay.state].due
        due_on = self._due(stay.case, rule, step.at) if rule.kind is DueKind.DATE else stay.due_on
        if due_on != stay.due_on:
            stay.stop(step)
            stay.stretches.append(Stretch(due_on, step.at))

    def _check_due(self, stay: Stay, step: Step) -> None:
        """Whether a date that was moved above the case has reached it before it went on."""
        rule = stay.case.model.states[stay.state].due
        if rule.kind is DueKind.DATE and self._due(stay.case, rule, step.at) != stay.due_on:
            self.left_behind.append(f"{stay.case.code} in {stay.state} is still due {stay.due_on}")

    def _due(self, case: CaseRow, rule: Due, at: datetime) -> date | None:
        dossier = self._dossiers[case.id]
        if rule.kind is DueKind.WORKING_DAYS:
            return self._days.add(local_date(at), rule.days)
        if rule.kind is DueKind.LEGAL_LIMIT:
            key = f"{rule.path}.{dossier[rule.by]}" if rule.by else rule.path
            return self._days.add(local_date(at), self._limits[key])
        if rule.kind is DueKind.DATE:
            value = self._field(case, rule.path)
            if rule.by:
                value = value[dossier[rule.by]]
            return date.fromisoformat(value) if value else None
        return None

    def _field(self, case: CaseRow, path: str) -> Any:
        process, _, name = path.rpartition(".")
        while process and case.process != process:
            assert case.parent_id is not None, f"{case.code} has no {process} above it"
            case = self._ledger.cases[case.parent_id]
        return self._dossiers[case.id].get(name)

    # ── ladders ──────────────────────────────────────────────────────────────────────────────
    def _reminders(self, stay: Stay) -> Iterator[Notice]:
        ladder = stay.case.model.states[stay.state].remind
        for stretch in stay.stretches:
            if stretch.due_on is None or not ladder:
                continue
            due = [(at, offset, rung) for at, offset, rung in self._rungs(ladder, stretch.due_on)
                   if stretch.since < at and (stretch.until is None or at <= stretch.until)]  # fmt: skip
            for moment, offset, rung in self._as_ticked(due):
                yield from self._remind(stay, stretch.due_on, moment, offset, rung)

    def _rungs(self, ladder: tuple[Rung, ...], due_on: date) -> Iterator[tuple[datetime, int, Rung]]:
        """Every rung until the middle of 2025, at 08:00 of its working day."""
        for rung in ladder:
            offset = rung.days
            while (day := self._days.add(due_on, offset)) < date(2025, 7, 1):
                yield morning_of(day), offset, rung
                offset += rung.every
                if not rung.every:
                    break

    def _as_ticked(self, due: list[tuple[datetime, int, Rung]]) -> Iterator[tuple[datetime, int, Rung]]:
        """When each rung really went: after an absence only the latest that had fallen into it."""
        by_tick: dict[datetime, tuple[int, Rung]] = {}
        for at, offset, rung in due:
            moment = self._next_tick(at)
            self.skipped += moment in by_tick
            by_tick[moment] = (offset, rung)
        for moment, (offset, rung) in by_tick.items():
            if moment <= self._end():
                yield moment, offset, rung

    def _remind(self, stay: Stay, due_on: date, moment: datetime, offset: int, rung: Rung) -> Iterator[Notice]:
        owner, heard = self._owner(stay), set[str]()
        for kind, roles in (("reminder", [r for r in rung.to if r == owner]),
                            ("escalation", [r for r in rung.to if r != owner])):  # fmt: skip
            for who in self._people(stay.case, roles):
                if who not in heard:
                    heard.add(who)
                    yield Notice(who, stay.case.code, kind, f"{offset} {due_on}", moment, stay, due_on)

    # ── people ───────────────────────────────────────────────────────────────────────────────
    def _tell(
        self,
        step: Step,
        case: CaseRow,
        roles: Iterable[Role],
        kind: str,
        about: str,
        stay: Stay | None,
        heard: set[str],
    ) -> Iterator[Notice]:
        actor = self._ledger.usernames.get(step.actor_id or 0)
        for who in self._people(case, roles):
            if who != actor and who not in heard:
                heard.add(who)
                yield Notice(who, case.code, kind, about, step.at, stay)

    def _people(self, case: CaseRow, roles: Iterable[Role]) -> Iterator[str]:
        for role in roles:
            unit = case.unit_id
            if role.seat is Seat.AUTHORITY:
                unit = self._seats.get((role.code, case.authority_id), case.authority_id)
            yield from (self._ledger.usernames[who] for who in self._holders.get((role.code, unit), [None]))

    def _waits_for_people(self, stay: Stay) -> bool:
        """Whether anybody may take an action there; nobody is told to wait for the clock or for another case."""
        model = stay.case.model
        actions = [model.actions[action] for action in model.actions_from(stay.state)]
        return any(action.at is None and not action.carried for action in actions)

    def _owner(self, stay: Stay) -> Role:
        owner = stay.case.model.states[stay.state].owner
        assert owner is not None, "only open states have tasks"
        return owner

    def _end(self) -> datetime:
        return self._ledger.steps[-1].at


def morning_of(day: date) -> datetime:
    """08:00 in Vietnam, as aware UTC."""
    return datetime.combine(day, time(MORNING), tzinfo=UTC) - VIETNAM
