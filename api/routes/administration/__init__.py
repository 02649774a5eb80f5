"""Administration over HTTP: units, people and what they hold, calendar, settings, the spreadsheet, the log."""

from fastapi import APIRouter

from api.documentation import Bodies
from api.routes.administration import calendar, log, mandates, people, roles, settings, spreadsheet, transfers, units


def routes(bodies: Bodies) -> list[APIRouter]:
    """The routes of administration."""
    return [
        units.routes(bodies),
        people.routes(bodies),
        roles.routes(bodies),
        mandates.routes(bodies),
        calendar.routes(bodies),
        settings.routes(bodies),
        spreadsheet.routes(),
        transfers.routes(bodies),
        log.routes(),
    ]
