"""The command line: `thidua <command>`. Each command says on one line what is wrong and what to do next."""

import argparse
import os
import re
import signal
import sys
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path

from api.installation import InUse, whereabouts
from api.settings import Settings, SettingsError
from api.sharing import NotShared
from cli import administration, commands, doctor, keys
from cli.reaching import DATABASE_FAULTS, CannotStart, said_of
from engine.administration.forms import UNIT_CODE
from engine.errors import EngineError, InvalidInput

Command = Callable[[argparse.Namespace, Settings], int]

LATER = {
    "backup": "until then: stop the server and copy its data folder; on PostgreSQL pg_dump as well",
    "restore": "until then: put the copied data folder back, after pg_restore on PostgreSQL",
    "bpmn": "the drawing comes with the definitions' issue",
}
"""Commands that have their name already."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code: 0 done, 1 found something wrong, 2 could not start."""
    given = _parser().parse_args(arguments)
    try:
        settings = _settings(given)
    except SettingsError as wrong:
        print(f"thidua: {wrong}", file=sys.stderr)
        return 2
    command: Command = given.command
    try:
        code = command(given, settings)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        return _stop_talking()
    except OSError as wrong:
        print(f"thidua: {settings.data}: {wrong.strerror or wrong}", file=sys.stderr)
        return 2
    except DATABASE_FAULTS as wrong:
        print(f"thidua: {whereabouts(settings)}: {said_of(wrong)}", file=sys.stderr)
        return 2
    except InvalidInput as wrong:
        for name, sentence in wrong.fields.items():
            print(f"thidua: {name}: {sentence}", file=sys.stderr)
        return 2
    except (EngineError, InUse, NotShared, CannotStart) as wrong:
        print(f"thidua: {wrong}", file=sys.stderr)
        return 2


def _stop_talking() -> int:
    """Whoever read the output has read enough (`| head`), which is no fault; what is left is not said."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains when it flushes at the end
    return 128 + signal.SIGPIPE  # as shells say it


def _settings(given: argparse.Namespace) -> Settings:
    """The environment's settings, with what the command line says in their place."""
    said = {f"THIDUA_{name.upper()}": getattr(given, name, None) for name in ("data", "port")}
    return Settings.from_environment({**os.environ, **{name: str(v) for name, v in said.items() if v is not None}})


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="thidua", description="Emulation campaigns and commendations")
    found = parser.add_subparsers(title="commands", required=True, metavar="command")

    demo = _add(found, "demo", commands.demo, "run the seed campaign on a virtual clock")
    _place(demo, port=True)
    demo.add_argument("--empty", action="store_true", help="begin on the morning of the launch, before its story")
    demo.add_argument(
        "--now", type=_instant, help="begin before its story, with the clock there (2024-07-10T08:00:00+07:00)"
    )

    init = _add(found, "init", commands.init, "make a new data folder with its first administrator")
    _place(init)
    init.add_argument("--authority", required=True, help='the body whose head decides, as "UBND quận Dương Kinh"')
    init.add_argument("--username", default="quantri", help="of the administrator (quantri)")
    init.add_argument("--code", type=_unit_code, default="TOP", help="of the authority, in spreadsheets (TOP)")
    init.add_argument(
        "--since", type=_day, metavar="YYYY-MM-DD",
        help="first day of the authority and of its administrator; units and roles begin no earlier (today)",
    )  # fmt: skip

    serve = _add(found, "serve", commands.serve, "answer requests, fire timers, send mail")
    _place(serve, port=True)
    worker = _add(found, "worker", commands.worker, "fire timers and send mail without answering requests")
    _place(worker)
    worker.add_argument("--port", type=_port, help="answer /health/… and /metrics on that TCP port, and nothing else")

    upgrade = _add(found, "upgrade", commands.upgrade, "bring the database to what this release needs")
    _place(upgrade)
    verify = _add(found, "verify-history", commands.verify_history, "walk every chain, rebuild every case")
    _place(verify)
    examine = _add(found, "doctor", doctor.doctor, "say what is unsafe about an installation, and what to do")
    _place(examine)
    rotate = _add(found, "rotate-keys", keys.rotate_keys, "seal identity numbers and the like with a new key")
    _place(rotate)
    administration.add_commands(found, _place)
    _add(found, "check", commands.check, "check the definitions, their law and the words of their mails")
    for name, why in LATER.items():
        _add(found, name, commands.later(name, why), f"not yet: {why}")
    return parser


def _add(
    found: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, command: Command, text: str
) -> argparse.ArgumentParser:
    parser = found.add_parser(name, help=text, description=text)
    parser.set_defaults(command=command)
    return parser


def _place(parser: argparse.ArgumentParser, *, port: bool = False) -> None:
    parser.add_argument("--data", type=Path, help="the data folder (THIDUA_DATA)")
    if port:
        parser.add_argument("--port", type=_port, help="the TCP port to listen on (THIDUA_PORT)")


def _port(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 65_535:
        raise argparse.ArgumentTypeError("must be a number from 1 to 65535")
    return int(text)


def _unit_code(text: str) -> str:
    if not re.fullmatch(UNIT_CODE, text):
        raise argparse.ArgumentTypeError("must be letters, digits and . _ - as in DK-01, 40 at most")
    return text


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("must look like 2024-07-31") from None


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("must look like 2024-07-10T08:00:00+07:00") from None
    if instant.tzinfo is None:
        raise argparse.ArgumentTypeError("needs its time zone, as in 2024-07-10T08:00:00+07:00")
    return instant


if __name__ == "__main__":
    sys.exit(main())
