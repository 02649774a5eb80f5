"""Administration from the command line, while no server runs: for the first hour, and for repair.

It may do everything; the log says that it was the command line.
"""

import argparse
import json
import shlex
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from api.installation import Installation, letterhead
from api.letters import tell_old_boxes
from api.logins import new_secret
from api.settings import Settings
from cli.reaching import CannotStart, command_line, opened
from engine.accounts import links
from engine.administration import exchange, law, people, roles
from engine.administration.desk import Desk
from engine.administration.forms import Confirmation, NewMembership, NewPerson
from engine.administration.refusals import RowsRefused
from engine.definition.sentences import field_sentences
from engine.errors import InvalidInput
from engine.instants import vn_date
from engine.runtime.database import Row, Transaction
from notifications.account_letters import PAGES, AccountLetter

Lines = Iterable[str]
Do = Callable[[argparse.Namespace, Installation], Lines]
Argument = tuple[tuple[str, ...], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class AdministrationCommand:
    """`thidua <group> <verb>`: what it takes, and what it does; it gives the lines to print."""

    group: str
    verb: str
    text: str
    arguments: tuple[Argument, ...]
    do: Do


def run(command: AdministrationCommand) -> Callable[[argparse.Namespace, Settings], int]:
    """The command for the parser; 1 when rows of a spreadsheet are wrong."""

    def perform(given: argparse.Namespace, settings: Settings) -> int:
        try:
            with opened(settings) as place:
                for line in command.do(given, place):
                    print(line)
        except RowsRefused as refused:
            for row in refused.rows:
                print(f"{row.sheet}, dòng {row.row}, {row.column or 'cả dòng'}: {row.sentence}")
            print(refused)
            return 1
        except ValidationError as wrong:
            raise InvalidInput(field_sentences(wrong.errors(include_url=False, include_input=False))) from wrong
        return 0

    return perform


def _change(place: Installation, perform: Callable[[Desk], Any]) -> Any:
    """What the change gives, once it is committed."""

    def at_desk(tx: Transaction) -> Any:
        desk = Desk(place.engine.work(tx), None, place.engine.wall())
        done = perform(desk)
        tell_old_boxes(letterhead(place.settings), desk)
        return done

    return place.engine.writer.call(at_desk)


def _look(place: Installation, look: Callable[[Desk], Any]) -> Any:
    with place.engine.database.read() as tx:
        return look(Desk(place.engine.work(tx), None))


def _form(model: type[BaseModel], **values: Any) -> Any:
    said = {name: value for name, value in values.items() if value is not None}
    return model.model_validate_json(json.dumps(said), strict=True)


def _person(place: Installation, desk: Desk, username: str) -> Row:
    row = desk.tx.one(people.PERSON_NAMED, username=username)
    if row is None:
        adding = command_line(f"person add {shlex.quote(username)} NAME MAIL", place.settings)
        raise CannotStart(f"there is no account {username}; add it with: {adding}")
    return row


# ── organisation ─────────────────────────────────────────────────────────────────────────────
def _export(given: argparse.Namespace, place: Installation) -> Lines:
    given.file.write_bytes(_look(place, exchange.export))
    yield f"Đã ghi {given.file}"


def _import(given: argparse.Namespace, place: Installation) -> Lines:
    with given.file.open("rb") as file:
        rows, problems = exchange.read(file, given.file.name)
    done = _change(
        place, lambda desk: exchange.take_in(desk, rows, problems, field_sentences, dry_run=given.dry_run)
    )  # fmt: skip
    words = {exchange.ADDED: "thêm", exchange.CHANGED: "sửa", exchange.ENDED: "kết thúc"}
    for change in done["changes"]:
        yield f"{change['sheet']}, dòng {change['row']}: {words[change['what']]} {change['name']}"
    counted = ", ".join(f"{words[what]} {done[what]}" for what in words)
    yield f"{'Chạy thử, chưa ghi gì: sẽ' if given.dry_run else 'Đã'} {counted}."


# ── people and roles ─────────────────────────────────────────────────────────────────────────
def _add_person(given: argparse.Namespace, place: Installation) -> Lines:
    form = _form(
        NewPerson, username=given.username, name=given.name, mail=given.mail, staff_code=given.staff_code
    )  # fmt: skip
    _change(place, lambda desk: people.add(desk, form))
    yield f"Đã thêm {given.username}. Chạy tiếp: {command_line(f'person invite-link {given.username}', place.settings)}"


def _invite_link(given: argparse.Namespace, place: Installation) -> Lines:
    secret = new_secret()

    def invite(desk: Desk) -> None:
        row = _person(place, desk, given.username)
        links.issue(desk.tx, links.LinkKind.INVITATION, row["id"], secret, desk.wall)
        desk.note("person.invite", given.username)

    _change(place, invite)
    hours = int(links.LASTS[links.LinkKind.INVITATION].total_seconds()) // 3600
    yield f"Liên kết đặt mật khẩu, dùng một lần trong {hours} giờ; chỉ đưa cho {given.username}:"
    yield f"{place.settings.base_url}{PAGES[AccountLetter.INVITATION]}#{secret}"


def _grant(given: argparse.Namespace, place: Installation) -> Lines:
    def grant(desk: Desk) -> dict[str, Any]:
        since = (given.since or desk.work.today).isoformat()
        until = given.until.isoformat() if given.until else None
        form = _form(NewMembership, unit=given.unit, role=given.role, **{"from": since, "to": until})
        return roles.grant(desk, _person(place, desk, given.username)["id"], form)

    held = _change(place, grant)
    yield f"Đã giao cho {given.username}: {held['role']['label']}, {held['unit']['name']}, từ {held['from']}."


def _end_role(given: argparse.Namespace, place: Installation) -> Lines:
    def end(desk: Desk) -> dict[str, Any]:
        shown = people.person_of(desk, _person(place, desk, given.username)["id"])
        held = [one for one in shown["memberships"] if (one["role"]["code"], one["unit"]["code"]) == given.place]
        if not held:
            raise CannotStart(f"{given.username} does not hold {given.role} in {given.unit}")
        return roles.end(desk, int(held[-1]["id"]), given.last_day)

    given.place = (given.role, given.unit)
    held = _change(place, end)
    yield f"{given.username} thôi giữ: {held['role']['label']}, {held['unit']['name']}, sau ngày {held['to']}."


# ── law ──────────────────────────────────────────────────────────────────────────────────────
def _list_law(given: argparse.Namespace, place: Installation) -> Iterator[str]:
    for row in _look(place, lambda desk: law.rows(desk.tx, kind=given.kind, on=None)):
        yield _said(row)


def _confirm_law(given: argparse.Namespace, place: Installation) -> Lines:
    form = _form(Confirmation, source=given.source)
    yield _said(_change(place, lambda desk: law.confirm(desk, given.id, form)))


def _said(row: dict[str, Any]) -> str:
    days = f"từ {vn_date(date.fromisoformat(row['valid_from']))}"
    if row["valid_to"]:
        days += f" đến {vn_date(date.fromisoformat(row['valid_to']))}"
    sure = f"đã xác nhận theo «{row['confirmation']}»" if row["confirmed_at"] else f"dấu {row['mark']}"
    effect = "" if row["may_block"] else ", chỉ cảnh báo"
    value = json.dumps(row["value"], ensure_ascii=False)
    return f"{row['id']:>4}  {row['kind']}/{row['key']}  {value}  {days}  {sure}{effect}  ({row['citation']})"


_USERNAME: Argument = (("username",), {})
_ROLE: Argument = (("role",), {"help": "code, as proposer"})
_UNIT: Argument = (("unit",), {"help": "code"})
_FILE: Argument = (("file",), {"type": Path, "help": "an .xlsx file"})


def _day(name: str, text: str, *, required: bool = False, into: str | None = None) -> Argument:
    more = {"dest": into} if into else {}
    return (name,), {"type": date.fromisoformat, "metavar": "YYYY-MM-DD", "help": text, "required": required, **more}


COMMANDS = (
    AdministrationCommand("organisation", "export", "units, people and roles as a spreadsheet", (_FILE,), _export),
    AdministrationCommand(
        "organisation", "import", "take in a spreadsheet: all its rows, or none",
        (_FILE, (("--dry-run",), {"action": "store_true", "help": "only say what would change"})), _import,
    ),
    AdministrationCommand(
        "person", "add", "an account without a password",
        (_USERNAME, (("name",), {}), (("mail",), {}), (("--staff-code",), {"help": "mã cán bộ"})), _add_person,
    ),
    AdministrationCommand("person", "invite-link", "a link with which the person sets a password", (_USERNAME,),
                          _invite_link),
    AdministrationCommand(
        "role", "grant", "let a person hold a role in a unit",
        (_USERNAME, _ROLE, _UNIT, _day("--from", "first day (today)", into="since"),
         _day("--to", "last day (open)", into="until")), _grant,
    ),
    AdministrationCommand(
        "role", "end", "end a role that a person holds",
        (_USERNAME, _ROLE, _UNIT, _day("--last-day", "the last day", required=True)), _end_role,
    ),
    AdministrationCommand("law", "list", "the law book", ((("--kind",), {"help": "as time_limit, rule"}),), _list_law),
    AdministrationCommand(
        "law", "confirm", "stand for a row that nobody had verified",
        ((("id",), {"type": int}), (("source",), {"help": "what was read"})), _confirm_law,
    ),
)  # fmt: skip


def add_commands(
    found: "argparse._SubParsersAction[argparse.ArgumentParser]", place: Callable[[argparse.ArgumentParser], None]
) -> None:
    """Put the commands into the parser; `place` adds what names the data folder."""
    texts = {
        "organisation": "units, people and roles as a spreadsheet", "person": "accounts of people",
        "role": "who holds which role", "law": "the law book",
    }  # fmt: skip
    for group, text in texts.items():
        verbs = found.add_parser(group, help=text, description=text).add_subparsers(required=True, metavar="verb")
        for command in (one for one in COMMANDS if one.group == group):
            parser = verbs.add_parser(command.verb, help=command.text, description=command.text)
            for names, more in command.arguments:
                parser.add_argument(*names, **more)
            place(parser)
            parser.set_defaults(command=run(command))
