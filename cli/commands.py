"""What each command does."""

import argparse
import getpass
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import replace
from os import environ, getpid
from pathlib import Path

from fastapi import FastAPI
from sqlalchemy import select

from api import sharing
from api.app import create_app
from api.clock import DemoClock, wall_clock
from api.installation import (
    BLOBS,
    DATABASE,
    Installation,
    alone,
    found,
    key_file,
    open_database,
    registry,
    whereabouts,
)
from api.logs import logging_to
from api.operating import Operations
from api.passwords import hash_password
from api.serving import Server
from api.settings import Settings
from api.ticker import at_work
from cli.leaving import leave_within
from cli.reaching import CannotStart, command_line, existing, opened, out_of_step, place_name, there
from demo.run import NotADemo, demo_app, open_demo
from engine.accounts.password_rules import weakness
from engine.administration import log
from engine.definition.model import ProcessModel
from engine.instants import LOCAL, to_micros
from engine.office.calendar import seed_days
from engine.runtime.database import Statement
from engine.runtime.history import verify
from engine.runtime.offices import add_membership, add_person, add_unit, write_calendar, write_law
from engine.runtime.queries import count_by_state
from engine.runtime.schema import unit
from migrations import chain
from notifications.door import prove
from web.doors import lost
from web.forms.fields import fields_of
from web.site import site
from workflows import law
from workflows.roles import ADMINISTRATOR

GRACE_SECONDS, CLOSING_SECONDS = 30, 4
WORKING = "Thi đua: đang chạy hẹn giờ và gửi thư"
_A_UNIT = Statement(select(unit.c.id).limit(1))
CALENDAR_YEARS = 2  # ahead of this one; later swaps of working days are not announced yet


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
            _answer(listening, demo_app(place, clock), place)
    except NotADemo as wrong:
        raise CannotStart(str(wrong)) from wrong
    except chain.OutOfStep as wrong:
        raise out_of_step(wrong.standing, replace(settings, database_url="")) from wrong
    return 0


def _opened_demo(
    given: argparse.Namespace, settings: Settings
) -> AbstractContextManager[tuple[Installation, DemoClock]]:
    """A new demo begins after its story, unless a beginning was chosen."""
    return open_demo(settings, given.now, story=not given.empty and given.now is None)


def serve(_: argparse.Namespace, settings: Settings) -> int:
    """Answer requests and tick, until stopped."""
    with _listening(settings) as listening, _logging(settings), opened(settings) as place:
        app = create_app(
            place.engine,
            settings,
            companions=[lambda: at_work(place.ticker, settings.tick_seconds)],
            pages=site(place.engine.registry),
            lost=lost,
            sends_mail=place.sends_mail,
        )
        print(f"Thi đua: {settings.base_url}/", flush=True)
        _answer(listening, app, place)
    return 0


def worker(given: argparse.Namespace, settings: Settings) -> int:
    """Tick until stopped; answer nobody but, where a port is given, the operators."""
    if given.port is not None:
        with (
            _listening(settings) as listening,
            _logging(settings),
            opened(settings) as place,
            at_work(place.ticker, settings.tick_seconds),
        ):
            print(WORKING, flush=True)
            _answer(listening, None, place)
        return 0
    stopped = threading.Event()

    def stop(*_: object) -> None:
        if not stopped.is_set():
            leave_within(GRACE_SECONDS)
        stopped.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    with _logging(settings), opened(settings) as place, at_work(place.ticker, settings.tick_seconds):
        print(WORKING, flush=True)
        stopped.wait()
    return 0


def init(given: argparse.Namespace, settings: Settings) -> int:
    """Make the folder, the tables, calendar and law, the authority and its administrator."""
    _must_be_new(settings)
    now = wall_clock()
    today = now.astimezone(LOCAL).date()
    since = given.since or today
    if since > today:
        raise CannotStart(f"--since {since} is still to come: there would be no administrator yet")
    secret = environ.get("THIDUA_ADMIN_PASSWORD") or getpass.getpass("Mật khẩu của quản trị: ")
    if why := weakness(secret, (given.username, given.authority)):
        raise CannotStart(why)
    hashed = hash_password(secret)
    with closing(found(settings)) as database, database.write() as tx:
        if settings.database_url:
            sharing.begin(tx, settings.data / BLOBS, key_file(settings))
        write_calendar(tx, seed_days(min(2024, today.year), today.year + CALENDAR_YEARS), to_micros(now))
        write_law(tx, law.ALL)
        unit_id = add_unit(tx, given.code, given.authority, "district", mail="", since=since)
        person_id = add_person(tx, given.username, given.username, mail="", password_hash=hashed)
        add_membership(tx, person_id, unit_id, ADMINISTRATOR.code, since=since)
    print(f"Đã tạo {whereabouts(settings)}. Chạy tiếp: {command_line('serve', settings)}")
    return 0


def _must_be_new(settings: Settings) -> None:
    if not settings.database_url:
        if (settings.data / DATABASE).exists():
            raise CannotStart(f"{settings.data / DATABASE} exists already; choose another folder with --data")
        return
    with closing(open_database(settings)) as database:
        position = chain.standing(database).position
        if position is chain.Position.CURRENT:  # tables without an office: an attempt before this one was broken off
            with database.read() as tx:
                position = position if tx.one(_A_UNIT) else chain.Position.EMPTY
    if position is not chain.Position.EMPTY:
        raise CannotStart(f"{whereabouts(settings)} is not empty; choose another database with THIDUA_DATABASE_URL")


def upgrade(_: argparse.Namespace, settings: Settings) -> int:
    """Bring the database to the revision that this release needs, and say from where to where."""
    try:
        with closing(there(settings)) as database, alone(settings):
            before = chain.standing(database)
            if before.position is chain.Position.EMPTY:
                raise out_of_step(before, settings)
            before = chain.upgrade(database)
    except chain.OutOfStep as wrong:
        raise out_of_step(wrong.standing, settings) from wrong
    if before.position is chain.Position.CURRENT:
        print(f"{whereabouts(settings)} đã ở phiên bản mới nhất ({before.newest}): không có gì phải làm.")
    else:
        print(f"Đã nâng cấp {whereabouts(settings)}: {before.revision} → {before.newest}.")
    return 0


def verify_history(_: argparse.Namespace, settings: Settings) -> int:
    """Print every fault of the history; 1 when there is one."""
    with closing(existing(settings)) as database, database.read() as tx:
        faults = [*verify(tx), *log.verify(tx)]
        cases, entries = sum(count_by_state(tx).values()), log.count(tx)
    for fault in faults:
        print(fault)
    said = f"{len(faults)} lỗi" if faults else "nguyên vẹn"
    print(f"Lịch sử của {cases} hồ sơ, {entries} mục nhật ký quản trị trong {place_name(settings)}: {said}.")
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


def _logging(settings: Settings) -> AbstractContextManager[None]:
    """What this process logs goes to standard error, as the settings say."""
    return logging_to(sys.stderr, settings.log, f"{socket.gethostname()}:{getpid()}")


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


def _answer(listening: socket.socket, app: FastAPI | None, place: Installation) -> None:
    """Serve until a signal; what is under way then has half a minute to finish. app: None: operators only."""
    operations = Operations(place.engine, place.settings, place.ticker)
    last = GRACE_SECONDS if app is None else GRACE_SECONDS + CLOSING_SECONDS
    server = Server(app, place.settings, operations, GRACE_SECONDS, leaving=lambda: leave_within(last))
    server.run(sockets=[listening])
