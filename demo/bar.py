"""The demo's bar, over every page: what time it is, whose eyes one looks through, and where the mail is.

Nobody needs a password to change places: everything in the demo is invented, and it is served to this machine only.
"""

from datetime import datetime, timedelta
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import RedirectResponse, Response

from api.clients import device_label
from api.clock import DemoClock
from api.installation import Installation
from api.ticker import next_instant
from demo.organisation import ACCOUNTS, UNITS, Account
from engine.errors import InvalidInput, NotAuthenticated, NotFound
from engine.instants import LOCAL, local_date
from engine.runtime import accounts
from engine.runtime.database import Database, Transaction
from web import assets
from web.doors import local_path
from web.visits import Guest
from workflows import roles

OVERVIEW = "/demo"
LAST_YEAR = 2100
OPENING_HOUR = 9
OPEN_COOKIE, OPEN_SECONDS = "thidua_demo_bar", 10
"""After a step the bar stays open on the next page: who steps once, steps again."""

BY_MANDATE = "Theo ủy quyền"
UNIT_NAMES = {unit.code: unit.name for unit in UNITS}
ROLE_LABELS = {role.code: role.label for role in roles.ALL}
_ORDER = (
    roles.WARD_OFFICER, roles.WARD_CHAIR, roles.APPRAISER, roles.APPRAISAL_HEAD, roles.COUNCIL_SECRETARY,
    roles.COUNCIL_MEMBER, roles.DISTRICT_CHAIR, roles.CLERK, roles.CITY_DESK, roles.COMMUNICATION,
    roles.ADMINISTRATOR, roles.AUDITOR, roles.PROPOSER, roles.PROPOSER_HEAD,
)  # fmt: skip

JINJA = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
JINJA.globals |= {"asset": assets.address}


class Bar:
    """Call it with the visitor for the bar's HTML."""

    def __init__(self, place: Installation, clock: DemoClock) -> None:
        self._place, self._clock = place, clock
        self._reads = Database(place.engine.database.where)  # a page may hold a view of the engine's already

    def __call__(self, guest: Guest, wrong: str = "", typed: str = "", onward: str = "") -> str:
        """wrong: why the clock did not move; typed: where it was to go; onward: where its forms lead back to."""
        now = self._clock().astimezone(LOCAL)
        with self._reads.read() as tx:
            due, username = next_instant(tx), _username(tx, guest)
        return JINJA.get_template("bar.html.j2").render(
            _=guest.tr,
            now=now,
            next_due=due.astimezone(LOCAL) if due else None,
            next_morning=next_morning(self._place, self._clock),
            wrong=wrong,
            typed=typed or f"{now:%Y-%m-%dT%H:%M}",
            username=username,
            groups=GROUPS,
            onward=onward or _address(guest),
            is_open=bool(wrong) or guest.request.url.path == OVERVIEW or OPEN_COOKIE in guest.request.cookies,
        )


def _username(tx: Transaction, guest: Guest) -> str:
    try:
        return accounts.login_of(tx, guest.secret, guest.engine.wall()).username
    except NotAuthenticated:
        return ""


def next_morning(place: Installation, clock: DemoClock) -> datetime:
    """Nine o'clock on the next working day, local."""
    day = place.engine.office.calendar.next_working(local_date(clock()) + timedelta(days=1))
    return datetime(day.year, day.month, day.day, OPENING_HOUR, tzinfo=LOCAL)


def target(place: Installation, clock: DemoClock, typed: str, step: str) -> datetime:
    """Where the form wants the clock to go, aware.

    Raises:
        InvalidInput: it cannot be read, lies in the past or too far ahead.
    """
    if step == "next":
        return place.ticker.next_instant() or clock()
    if step == "day":
        return next_morning(place, clock)
    try:
        wanted = datetime.fromisoformat(typed)
    except ValueError:
        raise InvalidInput({"now": "ngày giờ phải có dạng 2024-07-24T09:00"}) from None
    if wanted.year >= LAST_YEAR:
        raise InvalidInput({"now": f"phải trước năm {LAST_YEAR}"})
    return wanted if wanted.tzinfo else wanted.replace(tzinfo=LOCAL)


def sit_down(guest: Guest, username: str, secret: str, tx: Transaction) -> None:
    """A session of that account, without its password, in the place of the one that was open.

    Raises:
        NotFound: there is no such account.
    """
    person, wall_now = accounts.find_person(tx, username), guest.engine.wall()
    if person is None:
        raise NotFound(what=f"tài khoản {username}")
    try:
        before = accounts.login_of(tx, guest.secret, wall_now)
        accounts.revoke(tx, before.session_id, before.person_id, wall_now)
    except NotAuthenticated:
        pass
    device = device_label(guest.request.headers.get("user-agent", ""))
    accounts.open_login(tx, person["id"], secret, wall_now, kind=accounts.SESSION_KIND, device=device)


def back_to(onward: str) -> Response:
    """Send the browser back to the page that the bar was used on, where it is open again."""
    response = RedirectResponse(local_path(onward), 303)
    response.set_cookie(OPEN_COOKIE, "1", max_age=OPEN_SECONDS, httponly=True, samesite="lax")
    return response


def _address(guest: Guest) -> str:
    url = guest.request.url
    return f"{url.path}?{url.query}" if url.query else url.path


def held(account: Account) -> str:
    """Roles by unit: "UBND phường Anh Dũng: Công chức phường, Văn thư"."""
    by_unit: dict[str, list[str]] = {}
    for role, unit in account.roles:
        by_unit.setdefault(UNIT_NAMES[unit], []).append(ROLE_LABELS[role])
    return "; ".join(f"{unit}: {', '.join(labels)}" for unit, labels in by_unit.items())


def _grouped() -> dict[str, list[tuple[str, str]]]:
    """Role → (username, "name, unit"): accounts by the first role they hold."""
    groups: dict[str, list[tuple[str, str]]] = {role.label: [] for role in _ORDER}
    for account in ACCOUNTS:
        role, unit = account.roles[0] if account.roles else ("", "")
        shown = ", ".join(filter(None, (account.name, UNIT_NAMES.get(unit, ""))))
        groups.setdefault(ROLE_LABELS.get(role, BY_MANDATE), []).append((account.username, shown))
    return {label: found for label, found in groups.items() if found}


GROUPS = _grouped()
