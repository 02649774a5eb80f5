"""All pages of an installation, in the order in which their addresses are tried."""

from fastapi import APIRouter

from engine.definition.registry import Registry
from web.account.login import login_routes
from web.assets import asset_routes
from web.pages import case_pages, reference_pages
from web.passwords import password_pages
from web.work.mine import my_work_routes


def site(registry: Registry) -> list[APIRouter]:
    """The routers. The last ones take any collection by name, so what has an address of its own goes before."""
    return [
        asset_routes(),
        login_routes(),
        password_pages(),
        my_work_routes(),
        reference_pages(),
        case_pages(registry),
    ]
