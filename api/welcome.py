"""The cookies of somebody who has logged in: the session, and by which the device is known the next time."""

from starlette.responses import Response

from api.credentials import DEVICE_COOKIE, SESSION_COOKIE, set_cookie
from api.logins import Opened
from api.settings import Settings
from engine.accounts import devices
from engine.runtime import accounts


def welcome(response: Response, settings: Settings, opened: Opened) -> None:
    """Set the cookies of somebody who has just logged in."""
    give_session(response, settings, opened.session)
    give_device(response, settings, opened.device)


def give_session(response: Response, settings: Settings, secret: str) -> None:
    """Set the session cookie."""
    set_cookie(response, SESSION_COOKIE, secret, accounts.LONGEST, secure=settings.secure_cookies)


def give_device(response: Response, settings: Settings, secret: str) -> None:
    """Set the cookie by which the device is known the next time."""
    set_cookie(response, DEVICE_COOKIE, secret, devices.REMEMBERED_FOR, secure=settings.secure_cookies)
