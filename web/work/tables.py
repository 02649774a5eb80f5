"""Tables of cases for people: a part of a list at its address, and what the list can be narrowed to."""

from typing import Any

from engine.definition.performing import Actor
from engine.runtime import listing, saved_views
from engine.runtime.queries import AWARD
from engine.runtime.work import Work
from web.words import PHASES
from web.work.filters import PROCESS, SECTIONS, filter_of
from web.work.views import FROM, View

PART = 50


def part_of(work: Work, actor: Actor, view: View) -> dict[str, Any]:
    """The part of the list that the view begins at: its rows, which they are, and the address of the next part.

    Rows are as `listing.shown`, with `away`: why the actor must not do what waits although they have the role.
    """
    place, before = view.place
    found = listing.rows(work, actor, filter_of(work, view.asked), view.sorting, place, PART + 1)
    part = found[:PART]
    away = listing.kept_away(work, actor, part)
    rows = [{**listing.shown(work, row), "away": away.get(row["id"], "")} for row in part]
    is_more = len(found) > PART
    last = part[-1] if part else None
    onward = view.link(**{FROM: f"{last['place']}.{last['id']}.{before + PART}"}) if last and is_more else ""
    return {"rows": rows, "first": before + 1, "last": before + len(rows), "onward": onward, "view": view}


def narrowing(work: Work, actor: Actor, view: View) -> dict[str, Any]:
    """What the form above a list offers: processes, the states of the one chosen, phases, units, awards, own views."""
    models, chosen = work.registry.models, work.registry.by_collection.get(view.asked.get(PROCESS, ""))
    units = sorted((unit for unit in work.office.units.values() if unit.exists(work.today)), key=lambda one: one.name)
    awards = {value: words for model in models for value, words in listing.choices(model, AWARD).items()}
    return {
        "processes": [(model.collection, model.title) for model in models],
        "states": [(state.id, state.status) for state in chosen.states.values()] if chosen else [],
        "phases": PHASES.items(),
        "sections": SECTIONS.items(),
        "units": [(unit.code, unit.name) for unit in units],
        "awards": awards.items(),
        "kept_views": saved_views.of_person(work.tx, actor.person_id or 0, view.path),
    }
