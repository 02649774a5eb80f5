"""What each command does."""

import argparse
import getpass
import shlex
import signal
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from os import environ
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from api.app import create_app
from api.clock import DemoClock, wall_clock
from api.installation import DATABASE, Installation, InUse, installation, registry
from api.passwords import hash_password
from api.serving import server_config
from api.settings import Settings
from api.ticker import at_work
from demo.run import NotADemo, demo_app, is_demo, open_demo
from engine.accounts.password_rules import weakness
from engine.administration import log
from engine.definition.model import ProcessModel
from engine.instants import LOCAL, to_micros
from engine.office.calendar import seed_days
from engine.runtime.database import Database
from engine.runtime.history import verify
from engine.runtime.offices import add_membership, add_person, add_unit, write_calendar, write_law
from engine.runtime.queries import count_by_state
from notifications.door import prove
from web.doors import lost
from web.forms.fields import fields_of
from web.site import site
from workflows import law
from workflows.roles import ADMINISTRATOR

GRACE_SECONDS = 30
CALENDAR_YEARS = 2  # ahead of this one; later swaps of working days are not announced yet


class CannotStart(Exception):
    """The command cannot do its work; the message says what to do."""


def command_line(words: str, settings: Settings) -> str:
    """A command to run next on the same data folder, as one types it."""
    return f"thidua {words} --data {shlex.quote(str(settings.data))}"


def demo(given: argparse.Namespace, settings: Settings) -> int:
    """Load the seed campaign with its story, say where it is, and answer until stopped."""
    if given.data is None:
        with tempfile.TemporaryDirectory(prefix="thidua-demo-") as folder:
            return _run_demo(given, replace(settings, data=Path(folder)))
    return _run_demo(given, settings)


def _run_demo(given: argparse.Namespace, settings: Settings) -> int:
    try:
        with _listening(settings) as listening, _opened_demo(given, settings) as (place, clock):
            print(f"Thi đua (bản chạy thử): {settings.base_url}/   đồng hồ: {clock().astimezone(LOCAL):%d/%m/%Y %H:%M}")
            print("Tài khoản: phuong1, ct.phuong1, donvi1, tt.donvi1, chuyenvien, truongphong, thuky, chutich,")
            print("vanthu, thanhpho, quantri, … mật khẩu: demo.   Dừng: Ctrl-C", flush=True)
            _answer(listening, demo_app(place, clock), settings)
    except (InUse, NotADemo) as wrong:
        raise CannotStart(str(wrong)) from wrong
    return 0


def _opened_demo(
    given: argparse.Namespace, settings: Settings
) -> AbstractContextManager[tuple[Installation, DemoClock]]:
    """A new demo begins after its story, unless a beginning was chosen."""
    return open_demo(settings, given.now, story=not given.empty and given.now is None)


def serve(_: argparse.Namespace, settings: Settings) -> int:
    """Answer requests and tick, until stopped."""
    with _listening(settings) as listening, opened(settings) as place:
        app = create_app(
            place.engine,
            settings,
            companions=[lambda: at_work(place.ticker, settings.tick_seconds)],
            pages=site(place.engine.registry),
            lost=lost,
            sends_mail=place.sends_mail,
        )
        print(f"Thi đua: {settings.base_url}/", flush=True)
        _answer(listening, app, settings)
    return 0


def worker(_: argparse.Namespace, settings: Settings) -> int:
    """Tick without answering, until stopped."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with opened(settings) as place, at_work(place.ticker, settings.tick_seconds):
        print("Thi đua: đang chạy hẹn giờ và gửi thư", flush=True)
        stopped.wait()
    return 0


def init(given: argparse.Namespace, settings: Settings) -> int:
    """Make the folder, the tables, calendar and law, the authority and its administrator."""
    path = settings.data / DATABASE
    if path.exists():
        raise CannotStart(f"{path} exists already; choose another folder with --data")
    now = wall_clock()
    today = now.astimezone(LOCAL).date()
    since = given.since or today
    if since > today:
        raise CannotStart(f"--since {since} is still to come: there would be no administrator yet")
    secret = environ.get("THIDUA_ADMIN_PASSWORD") or getpass.getpass("Mật khẩu của quản trị: ")
    if why := weakness(secret, (given.username, given.authority)):
        raise CannotStart(why)
    hashed = hash_password(secret)
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = Database(path)
    database.create_tables()
    with database.write() as tx:
        write_calendar(tx, seed_days(min(2024, today.year), today.year + CALENDAR_YEARS), to_micros(now))
        write_law(tx, law.ALL)
        unit_id = add_unit(tx, given.code, given.authority, "district", mail="", since=since)
        person_id = add_person(tx, given.username, given.username, mail="", password_hash=hashed)
        add_membership(tx, person_id, unit_id, ADMINISTRATOR.code, since=since)
    database.close()
    print(f"Đã tạo {path}. Chạy tiếp: {command_line('serve', settings)}")
    return 0


def verify_history(_: argparse.Namespace, settings: Settings) -> int:
    """Print every fault of the history; 1 when there is one."""
    database = _existing(settings)
    with database.read() as tx:
        faults = [*verify(tx), *log.verify(tx)]
        cases, entries = sum(count_by_state(tx).values()), log.count(tx)
    database.close()
    for fault in faults:
        print(fault)
    said = f"{len(faults)} lỗi" if faults else "nguyên vẹn"
    print(f"Lịch sử của {cases} hồ sơ, {entries} mục nhật ký quản trị trong {settings.data}: {said}.")
    return 1 if faults else 0


def check(_: argparse.Namespace, __: Settings) -> int:
    """Load every definition and every mail template; a wrong one is an error that names it."""
    found = registry()
    prove(found)
    for model in found.models:
        _must_have_forms(model)
    for model in found.models:
        print(f"{model.code}: {len(model.states)} trạng thái, {len(model.actions)} việc, {len(model.table)} bước")
    return 0


def _must_have_forms(model: ProcessModel) -> None:
    """Refuse a process of which no page could show the form.

    Raises:
        CannotStart: it names the process, the form and the field.
    """
    forms = {"hồ sơ": model.dossier, **{f"việc «{one.label}»": one.form for one in model.actions.values() if one.form}}
    for name, form in forms.items():
        try:
            fields_of(form)
        except TypeError as wrong:
            raise CannotStart(f"{model.code}, {name}: không trang nào có ô nhập cho kiểu này: {wrong}") from None


def later(name: str, why: str) -> Callable[[argparse.Namespace, Settings], int]:
    """A command whose name is kept for a later issue."""

    def refuse(_: argparse.Namespace, __: Settings) -> int:
        raise CannotStart(f"{name} is not there yet: {why}")

    return refuse


@contextmanager
def opened(settings: Settings) -> Iterator[Installation]:
    """The installation in a folder that `init` (or a demo with --data) has made."""
    if not (settings.data / DATABASE).exists():
        raise CannotStart(f"there is nothing in {settings.data}; run: {command_line('init', settings)} --authority …")
    if is_demo(settings):
        raise CannotStart(f"{settings.data} is a demo, whose passwords everybody knows; choose another folder")
    try:
        with installation(settings, clock=wall_clock, wall=wall_clock) as place:
            yield place
    except InUse as taken:
        raise CannotStart(str(taken)) from taken


def _existing(settings: Settings) -> Database:
    path = settings.data / DATABASE
    if not path.exists():
        raise CannotStart(f"{path} does not exist; name the data folder with --data")
    return Database(path)


@contextmanager
def _listening(settings: Settings) -> Iterator[socket.socket]:
    """The socket to answer on, taken before anything is promised; a signal to stop ends the block in order."""
    try:
        listening = socket.create_server((settings.host, settings.port), backlog=2048)
    except OSError as taken:
        raise CannotStart(f"cannot listen on {settings.host}:{settings.port} ({taken.strerror}); try --port") from taken
    # uvicorn raises its signal again when it has finished: both unwind this process, none kills it.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with listening, suppress(KeyboardInterrupt):
            yield listening
    finally:
        signal.signal(signal.SIGTERM, before)


def _answer(listening: socket.socket, app: FastAPI, settings: Settings) -> None:
    """Serve until a signal; what is under way then has half a minute to finish."""
    uvicorn.Server(server_config(app, settings, GRACE_SECONDS)).run(sockets=[listening])
