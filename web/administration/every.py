"""All pages of administration."""

from fastapi import APIRouter

from web.administration.incidents import incident_routes
from web.administration.law import law_routes
from web.administration.logbook import log_routes
from web.administration.logins import login_list_routes
from web.administration.mandates import mandate_routes
from web.administration.overview import overview_routes
from web.administration.people import people_routes
from web.administration.post import post_routes
from web.administration.privacy import privacy_routes
from web.administration.spreadsheet import spreadsheet_routes
from web.administration.units import unit_routes
from web.administration.year import calendar_routes


def administration_routes() -> list[APIRouter]:
    """The routers below /quan-tri."""
    return [
        overview_routes(),
        unit_routes(),
        people_routes(),
        mandate_routes(),
        calendar_routes(),
        law_routes(),
        post_routes(),
        login_list_routes(),
        spreadsheet_routes(),
        log_routes(),
        incident_routes(),
        privacy_routes(),
    ]
