"""The public register: commendations with a decision in force, as facts that their process has published.

For everybody's eyes: no actor is asked for, and nothing is read here but what `engine.definition.publishing` lets out.
Lists go by keyset, the newest decision first.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal_column, or_, select

from engine.definition.publishing import AWARD, DAY, EXEMPLAR, KIND, SEARCH, SHOWN, Published, read
from engine.definition.words import fold
from engine.runtime.database import Row, Statement
from engine.runtime.schema import fact, history, instance
from engine.runtime.snapshots import code_of
from engine.runtime.work import Work

MOST_WORDS = 6
_CODE = re.compile(r"[A-Z]{1,8}-[0-9]{4}-(?P<key>[0-9]{5,17})")
PLACE_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\.[1-9][0-9]{0,17}$"
_PLACE = re.compile(PLACE_PATTERN)
_day, _shown, _filter = fact.alias("day"), fact.alias("shown"), fact.alias("filter")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to list; what is empty or None leaves a filter out. text: words, each of which is in the name, the
    decision's number or the unit's name; marks and case do not count. exemplars: only those."""

    text: str = ""
    year: int | None = None
    award: str = ""
    kind: str = ""
    unit: str = ""
    exemplars: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the list: the day of the decision as ISO text, and the case's key."""

    day: str
    id: int

    def __str__(self) -> str:
        return f"{self.day}.{self.id}"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the register: the case's code, its unit's name today, and what is published of it."""

    place: Place
    code: str
    unit: str
    unit_code: str
    about: Published


@dataclass(frozen=True, slots=True)
class Choices:
    """What the register can be filtered by: years, newest first, and (code, label) of the others by label."""

    years: tuple[int, ...]
    awards: tuple[tuple[str, str], ...]
    kinds: tuple[tuple[str, str], ...]
    units: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Timeliness:
    """How long the way from handing in to the decision took, over the cases where both days are known."""

    cases: int
    median_days: float | None


@dataclass(frozen=True, slots=True)
class Statistics:
    """Of one year, or of all: counts by label, most first; individuals, and how many of them work directly."""

    total: int
    awards: tuple[tuple[str, int], ...]
    kinds: tuple[tuple[str, int], ...]
    units: tuple[tuple[str, int], ...]
    individuals: int
    direct_workers: int
    timeliness: Timeliness


# ── the list ─────────────────────────────────────────────────────────────────────────────────────
def lines(work: Work, wanted: Wanted, limit: int, after: Place | None = None) -> list[Line]:
    """The newest decisions that the filter lets through, after that place."""
    query = _joined(work, wanted).order_by(_day.c.text.desc(), instance.c.id.desc()).limit(limit)
    if after is not None:
        same_day = and_(_day.c.text == after.day, instance.c.id < after.id)
        query = query.where(or_(_day.c.text < after.day, same_day))
    return [_line(work, row) for row in work.tx.all(Statement(query))]


def count(work: Work, wanted: Wanted) -> int:
    """How many the filter lets through."""
    query = _joined(work, wanted).with_only_columns(func.count().label("n"))
    row = work.tx.one(Statement(query))
    return int(row["n"]) if row else 0


def stamp(work: Work) -> tuple[int, int]:
    """The last published fact and the last entry of any history: as long as both stay, so does the register,
    but for the names of units."""
    query = select(
        select(func.max(fact.c.id)).scalar_subquery().label("fact"),
        select(func.max(history.c.id)).scalar_subquery().label("entry"),
    )
    row = work.tx.one(Statement(query))
    return (int(row["fact"] or 0), int(row["entry"] or 0)) if row else (0, 0)


def line(work: Work, code: str) -> Line | None:
    """The line of the case with that code; None when the register has none."""
    found = _CODE.fullmatch(code)
    if found is None:
        return None
    row = work.tx.one(Statement(_joined(work, Wanted()).where(instance.c.id == int(found["key"]))))
    shown = _line(work, row) if row else None
    return shown if shown and shown.code == code else None


def choices(work: Work) -> Choices:
    """What occurs in the register."""
    year = func.substr(fact.c.text, literal_column("1"), literal_column("4"))
    years = work.tx.all(Statement(select(year.label("year")).where(fact.c.key == DAY).distinct()))
    of = (
        select(instance.c.unit_id)
        .join_from(fact, instance, fact.c.instance_id == instance.c.id)
        .where(fact.c.key == DAY)
    )
    units = [work.office.units[row["unit_id"]] for row in work.tx.all(Statement(of.distinct()))]
    return Choices(
        tuple(sorted((int(row["year"]) for row in years), reverse=True)),
        _labels(work, AWARD),
        _labels(work, KIND),
        tuple(sorted(((unit.code, unit.name) for unit in units), key=lambda pair: fold(pair[1]))),
    )


def _labels(work: Work, key: str) -> tuple[tuple[str, str], ...]:
    """The values of a fact, with the labels of the newest case that has each."""
    newest = (
        select(_filter.c.text, func.max(_filter.c.instance_id).label("id"))
        .where(_filter.c.key == key)
        .group_by(_filter.c.text)
        .subquery()
    )
    query = select(_shown.c.text).join_from(_shown, newest, _shown.c.instance_id == newest.c.id)
    found = [read(row["text"]) for row in work.tx.all(Statement(query.where(_shown.c.key == SHOWN)))]
    pairs = [(one.award, one.award_label) if key == AWARD else (one.kind, one.kind_label) for one in found]
    return tuple(sorted(pairs, key=lambda pair: fold(pair[1])))


def _joined(work: Work, wanted: Wanted) -> Select[Any]:
    shown_of = and_(_shown.c.instance_id == _day.c.instance_id, _shown.c.key == SHOWN)
    query = (
        select(instance.c.id, instance.c.process, instance.c.created_at, instance.c.unit_id,
               _day.c.text.label("day"), _shown.c.text.label("shown"))
        .join_from(_day, _shown, shown_of)
        .join(instance, instance.c.id == _day.c.instance_id)
        .where(_day.c.key == DAY, *_conditions(work, wanted))
    )  # fmt: skip
    return query


def _conditions(work: Work, wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    if wanted.year is not None:
        yield _day.c.text.between(f"{wanted.year:04}-01-01", f"{wanted.year:04}-12-31")
    if wanted.award:
        yield _has(_filter.c.key == AWARD, _filter.c.text == wanted.award)
    if wanted.kind:
        yield _has(_filter.c.key == KIND, _filter.c.text == wanted.kind)
    if wanted.unit:
        yield instance.c.unit_id.in_([unit.id for unit in work.office.units.values() if unit.code == wanted.unit])
    if wanted.exemplars:
        yield _has(_filter.c.key == EXEMPLAR)
    for word in fold(wanted.text).split()[:MOST_WORDS]:
        of_units = sorted(unit.id for unit in work.office.units.values() if word in fold(unit.name))
        in_facts = _has(_filter.c.key == SEARCH, _filter.c.text.contains(word, autoescape=True))
        yield or_(in_facts, instance.c.unit_id.in_(of_units))


def _has(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists(select(_filter.c.id).where(_filter.c.instance_id == instance.c.id, *conditions))


def _line(work: Work, row: Row) -> Line:
    unit = work.office.units[row["unit_id"]]
    code = code_of(work.registry.by_code[row["process"]], row)
    return Line(Place(row["day"], row["id"]), code, unit.name, unit.code, read(row["shown"]))


# ── statistics ───────────────────────────────────────────────────────────────────────────────────
def statistics(work: Work, year: int | None) -> Statistics:
    """The figures of the register, of one year of decisions or of all."""
    found = [_line(work, row) for row in work.tx.all(Statement(_joined(work, Wanted(year=year))))]
    individuals = [one.about for one in found if one.about.is_individual]
    return Statistics(
        len(found),
        _counted(one.about.award_label for one in found),
        _counted(one.about.kind_label for one in found),
        _counted(one.unit for one in found),
        len(individuals),
        sum(one.is_direct_worker for one in individuals),
        _timeliness(work, [one.about for one in found]),
    )


def _counted(labels: Iterator[str]) -> tuple[tuple[str, int], ...]:
    counts: dict[str, int] = {}
    for label in labels:
        counts[label] = counts.get(label, 0) + 1
    return tuple(sorted(counts.items(), key=lambda pair: (-pair[1], fold(pair[0]))))


def _timeliness(work: Work, found: list[Published]) -> Timeliness:
    between = work.office.calendar.between
    took = [
        between(one.handed_in_on, one.signed_on)
        for one in found
        if one.handed_in_on is not None and one.handed_in_on <= one.signed_on
    ]
    return Timeliness(len(took), float(median(took)) if took else None)


def place_of(text: str) -> Place | None:
    """The place that `str(place)` wrote; None for anything else."""
    day, _, key = text.partition(".")
    return Place(day, int(key)) if _PLACE.fullmatch(text) else None


def line_json(shown: Line) -> dict[str, Any]:
    """A line as JSON. name: null for who stays unnamed, and then title and summary are null too."""
    about = shown.about
    return {
        "code": shown.code,
        "name": about.name or None,
        "kind": {"code": about.kind, "label": about.kind_label},
        "award": {"code": about.award, "label": about.award_label},
        "unit": {"code": shown.unit_code, "name": shown.unit},
        "decision": {"number": about.number, "signed_on": about.signed_on.isoformat()},
        "campaign": about.campaign or None,
        "achievement": {"title": about.title, "summary": about.summary} if about.title else None,
    }
