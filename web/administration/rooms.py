"""What the pages of administration share: a look with its sections, and forms that are taken or shown again."""

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import Response

from api.dependencies import answered
from api.errors import status_of
from api.installation import letterhead
from api.letters import told_and_answered
from api.refusals import WrongConfirmation
from engine.administration import sections
from engine.administration.desk import Desk, administer
from engine.definition.documents import canonical
from engine.definition.performing import Actor
from engine.errors import ConfirmationNeeded, InvalidInput, NotAuthenticated, NotFound, Refused
from engine.runtime import accounts, drafts
from engine.runtime.accounts import Scope
from engine.runtime.service import Answer, Asking
from engine.runtime.work import Work
from web.administration.filled import DRAFT, NOTHING, WHICH, Filled, read, typed_in
from web.visits import Visit, Visiting, in_thread

ROOT = "/quan-tri"
SECTIONS: tuple[tuple[str, str, str], ...] = (
    (sections.OVERVIEW, ROOT, "Tổng quan"),
    (sections.UNITS, f"{ROOT}/don-vi", "Đơn vị"),
    (sections.PEOPLE, f"{ROOT}/nguoi-dung", "Người dùng"),
    (sections.MANDATES, f"{ROOT}/uy-quyen", "Ủy quyền"),
    (sections.CALENDAR, f"{ROOT}/lich", "Lịch làm việc"),
    (sections.LAW, f"{ROOT}/quy-dinh", "Quy định"),
    (sections.MAIL, f"{ROOT}/thu", "Thư"),
    (sections.LOGINS, f"{ROOT}/phien", "Phiên đăng nhập"),
    (sections.SPREADSHEET, f"{ROOT}/bang-tinh", "Nhập, xuất bảng tính"),
    (sections.LOG, f"{ROOT}/nhat-ky", "Nhật ký quản trị"),
    (sections.INCIDENTS, f"{ROOT}/su-co", "Sự cố"),
    (sections.PRIVACY, f"{ROOT}/du-lieu-ca-nhan", "Dữ liệu cá nhân"),
)
"""Section, address, label; in the order in which they are shown."""
STEP_UP = "Việc này cần xác nhận lại: hãy nhập mật khẩu của bạn ở cuối biểu mẫu rồi gửi lại."
LONGEST_KEY = 18


@dataclass(frozen=True, slots=True)
class Look:
    """Somebody looks at a page of administration."""

    visit: Visit
    work: Work
    actor: Actor
    filled: Filled

    @property
    def desk(self) -> Desk:
        """The actor's desk, for what asks who administers what; changes nothing."""
        wall_now = self.visit.engine.wall()
        login = accounts.login_of(self.work.tx, self.visit.secret, wall_now)
        return Desk(self.work, self.actor, wall_now, login)

    def asked(self, name: str, most: int = 100) -> str:
        """A parameter of the address, without blanks around it; empty when it is not there."""
        return self.visit.request.query_params.get(name, "").strip()[:most]

    @property
    def before(self) -> int | None:
        """From where a list goes on."""
        given = self.asked("tiep")
        return int(given) if is_key(given) else None

    def part(self, name: str) -> str:
        """A part of the path."""
        return str(self.visit.request.path_params[name])

    def key(self, name: str = "id") -> int:
        """A part of the path that is a key.

        Raises:
            NotFound: it is none.
        """
        given = self.part(name)
        if not is_key(given):
            raise NotFound(what=f"«{given[:40]}»")
        return int(given)


@dataclass(frozen=True, slots=True)
class Sent:
    """A form that was sent: by whom, about which thing of the page ("" without one), and what was filled in."""

    visit: Visit
    asking: Asking
    about: str
    form: Any

    @property
    def place(self) -> str:
        """Where its draft lies."""
        return self.visit.request.url.path

    def part(self, name: str) -> str:
        """A part of the path."""
        return str(self.visit.request.path_params[name])

    def key(self, name: str = "id") -> int:
        """A part of the path, or `about` when that is what is named, as a key.

        Raises:
            NotFound: it is none.
        """
        given = self.about if name == "about" else self.part(name)
        if not is_key(given):
            raise NotFound(what=f"«{given[:40]}»")
        return int(given)


Done = Mapping[str, Any]
Run = Callable[[Sent], "Future[Answer]"]
Tell = Callable[[Visit, Done], str]


class Nothing(BaseModel):
    """A form with nothing to fill in."""


@dataclass(frozen=True, slots=True)
class Deed:
    """One form of a page. `tell`: what to say once it is done; `form`: what it is filled into, or what does that;
    `goes`: where to go then, the same page without one."""

    run: Run
    tell: Tell
    form: type[BaseModel] | Callable[[Mapping[str, Sequence[str]]], BaseModel] = Nothing
    goes: Callable[[Done], str] | None = None


def by_desk(perform: Callable[[Desk, Sent], Done], needs: Scope = Scope.ADMINISTER) -> Run:
    """A change through the administrator's desk, exactly as the API's routes make it."""

    def run(sent: Sent) -> "Future[Answer]":
        change = told_and_answered(letterhead(sent.visit.settings), lambda desk: _performed(desk, sent))
        return administer(sent.visit.engine, sent.asking, change, needs)

    def _performed(desk: Desk, sent: Sent) -> Done:
        done = perform(desk, sent)
        _forget_draft(desk.work, desk.actor, sent)
        return done

    return run


def by_work(perform: Callable[[Work, Actor, Sent], Done], needs: Scope = Scope.ACT) -> Run:
    """A change that is not of what the office has: an incident, a letter, an archive."""

    def run(sent: Sent) -> "Future[Answer]":
        def change(work: Work, actor: Actor) -> Answer:
            done = perform(work, actor, sent)
            _forget_draft(work, actor, sent)
            return Answer(200, canonical(done))

        return sent.visit.engine.change(sent.asking, change, needs)

    return run


def _forget_draft(work: Work, actor: Actor | None, sent: Sent) -> None:
    if actor is not None and actor.person_id is not None:
        which = sent.visit.request.query_params.get(DRAFT, "")
        if which:
            drafts.drop(work.tx, actor.person_id, _place(sent.place, which))


def _place(path: str, which: str) -> str:
    return f"{path}?{DRAFT}={which}"


def add_page(
    router: APIRouter, path: str, template: str, shown: Callable[[Look], dict[str, Any]],
    deeds: Mapping[str, Deed] | None = None,
) -> None:  # fmt: skip
    """A page at that path below /quan-tri, and what its forms do. shown: what the template is filled with."""

    def answer(visit: Visit, filled: Filled = NOTHING, status: int = 200) -> Response:
        return _page(visit, template, shown, filled, status)

    def look(visit: Visiting) -> Response:
        return answer(visit)

    async def change(visit: Visiting) -> Response:
        return await _take(visit, deeds or {}, answer)

    router.add_api_route(f"{ROOT}{path}", look, methods=["GET"])
    if deeds:
        router.add_api_route(f"{ROOT}{path}", change, methods=["POST"])


def _page(
    visit: Visit, template: str, shown: Callable[[Look], dict[str, Any]], filled: Filled, status: int
) -> Response:  # fmt: skip
    with visit.look() as (work, actor):
        look = Look(visit, work, actor, filled if filled.which else _draft(visit, work, actor))
        context = shown(look)
        is_open = sections.open_to(work, actor)
        return visit.page(
            f"administration/{template}.html.j2",
            visit.frame(work, actor),
            status=status,
            menu=[(address, label) for section, address, label in SECTIONS if section in is_open],
            sections=is_open,
            filled=look.filled,
            is_confirmed=visit.is_confirmed(work),
            today=work.today.isoformat(),
            **context,
        )


def _draft(visit: Visit, work: Work, actor: Actor) -> Filled:
    which = visit.request.query_params.get(DRAFT, "")
    if not which or actor.person_id is None:
        return NOTHING
    found = drafts.find(work.tx, actor.person_id, _place(visit.request.url.path, which), visit.engine.wall())
    return Filled(which, found.typed) if found else NOTHING


async def _take(
    visit: Visit, deeds: Mapping[str, Deed], again: Callable[[Visit, Filled, int], Response]
) -> Response:  # fmt: skip
    form = await visit.form()
    which, typed = str(form.get(WHICH, ""))[:100], typed_in(form)
    await form.close()
    name, _, about = which.partition(":")
    if name not in deeds:
        raise NotFound(what="biểu mẫu này")
    deed = deeds[name]
    try:
        filled = read(deed.form, typed) if isinstance(deed.form, type) else deed.form(typed)
        done: Done = json.loads((await answered(deed.run(Sent(visit, await visit.asking(form), about, filled)))).body)
    except Refused as refused:
        if isinstance(refused, NotAuthenticated | NotFound) and not isinstance(refused, WrongConfirmation):
            raise
        shown, status = _refused(visit, which, typed, refused), status_of(refused)
        return await in_thread(lambda: again(visit, shown, status))
    return visit.go(deed.goes(done) if deed.goes else visit.request.url.path, deed.tell(visit, done))


def _refused(visit: Visit, which: str, typed: Mapping[str, list[str]], refused: Refused) -> Filled:
    faults = (
        {name: visit.tr(said) for name, said in refused.fields.items()} if isinstance(refused, InvalidInput) else {}
    )
    sentence = STEP_UP if isinstance(refused, ConfirmationNeeded) else refused.sentence
    said = visit.tr(sentence) if sentence is STEP_UP else visit.tr(sentence).format(**refused.params)
    return Filled(which, typed, faults, said, isinstance(refused, ConfirmationNeeded | WrongConfirmation))


def is_key(given: str) -> bool:
    """Whether a text is the key of a row."""
    return given.isascii() and given.isdigit() and 0 < len(given) <= LONGEST_KEY and given[0] != "0"
