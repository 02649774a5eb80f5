"""Which parts of administration somebody may look at; the parts themselves check again."""

from collections.abc import Callable

from engine.administration import log
from engine.definition.performing import Actor
from engine.errors import NotPerformer
from engine.runtime.administering import Reach
from engine.runtime.rights import overseen
from engine.runtime.work import Work

OVERVIEW, UNITS, PEOPLE, MANDATES, CALENDAR, LAW, MAIL, LOGINS, SPREADSHEET, LOG, INCIDENTS, PRIVACY = (
    "overview", "units", "people", "mandates", "calendar", "law", "mail", "logins", "spreadsheet", "log",
    "incidents", "privacy",
)  # fmt: skip
FOR_ANYBODY = frozenset({UNITS, MANDATES, CALENDAR, LAW})
FOR_ADMINISTRATORS = frozenset({OVERVIEW, PEOPLE, MAIL, LOGINS, SPREADSHEET, INCIDENTS})


def open_to(work: Work, actor: Actor) -> frozenset[str]:
    """The sections that have something to show to the actor.

    Units, mandates (the own ones), calendar and law are for everybody who is logged in; the log for whom
    `log.must_read` lets through; personal data for who oversees an authority.
    """
    found, reach = set(FOR_ANYBODY), Reach(work, actor)
    if _is_let_through(lambda: reach.must_administer("")):
        found |= FOR_ADMINISTRATORS
    if _is_let_through(lambda: log.must_read(reach)):
        found.add(LOG)
    if overseen(work, actor):
        found.add(PRIVACY)
    return frozenset(found)


def _is_let_through(check: Callable[[], None]) -> bool:
    try:
        check()
    except NotPerformer:
        return False
    return True
