"""The engine's door: every change of a case goes through `Engine.change`, every look through `Engine.look`.

One change is one transaction with one order of checks: standing (account active, case visible), replay
(same idempotency key: the stored answer), version, performer, guard. The answer is made before the
commit and given after it.
"""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from threading import Event
from typing import Any

from pydantic import BaseModel

from engine.definition.documents import canonical
from engine.definition.model import ProcessModel
from engine.definition.performing import Actor
from engine.definition.registry import Registry
from engine.errors import KeyReused, StaleVersion, VersionMissing
from engine.instants import to_micros
from engine.office.organisation import Office
from engine.runtime import beginning, commands
from engine.runtime.accounts import Scope, actor_of, check_scope, login_of, use
from engine.runtime.assignments import assign
from engine.runtime.beginning import NewCase
from engine.runtime.blobs import BlobStore
from engine.runtime.commands import Paper
from engine.runtime.database import Database, Row, Transaction
from engine.runtime.editions import Editions
from engine.runtime.effects import run_next_effect
from engine.runtime.present import whole
from engine.runtime.statements import REMEMBER, REPLAY
from engine.runtime.timers import fire_due
from engine.runtime.vault import Vault
from engine.runtime.work import Work
from engine.runtime.writer import Writer


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, and how a repeat is recognised.

    secret: of the session or token. key and fingerprint: the idempotency key (empty: none) and what the
    request was. expected: the version that the change was decided on; None when it names none.
    """

    secret: str
    key: str = ""
    fingerprint: str = ""
    expected: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the client gets; stored with the effect when an idempotency key was given."""

    status: int
    body: str
    etag: str = ""
    location: str = ""


Perform = Callable[[Work, Actor], Answer]


class Engine:
    """One installation. `clock` gives the business instant, `wall` the real one; both aware UTC."""

    def __init__(
        self,
        database: Database,
        registry: Registry,
        blobs: BlobStore,
        *,
        vault: Vault,
        clock: Callable[[], datetime],
        wall: Callable[[], datetime],
        salt: Callable[[], str],
    ) -> None:
        self.database, self.registry, self.blobs, self.vault = database, registry, blobs, vault
        self.clock, self.wall, self._salt = clock, wall, salt
        self.ordered = Event()
        """Set when long work was ordered; what carries it out waits for it."""
        self.editions = Editions(database)
        self.writer = Writer(database, self._follow_up)

    @property
    def office(self) -> Office:
        """The office as it is now; within a transaction, `work` has the right one."""
        with self.database.read() as tx:
            return self.editions.of(tx).office

    def work(self, tx: Transaction) -> Work:
        """The surroundings of a command that runs now."""
        return Work(tx, self.editions.of(tx).office, self.registry, self.clock(), self._salt)

    # ── changes ──────────────────────────────────────────────────────────────────────────────
    def start(self, asking: Asking, model: ProcessModel, new: NewCase) -> "Future[Answer]":
        """Begin an instance; the answer is 201 with the case."""

        def perform(work: Work, actor: Actor) -> Answer:
            row = beginning.start(work, model, new, actor)
            return _case_answer(work, row, actor, 201, f"/api/v1/{model.collection}/{row['id']}")

        def stand(work: Work, actor: Actor) -> Callable[[], Answer]:
            if asking.key:
                beginning.must_begin(model, actor)
            return partial(perform, work, actor)

        return self.writer.submit(lambda tx: self._once(tx, asking, Scope.ACT, stand))

    def act(
        self, asking: Asking, model: ProcessModel, instance_id: int, action: str,
        form: BaseModel | Mapping[str, Any] | None,
    ) -> "Future[Answer]":  # fmt: skip
        """Take an action; the answer is the case after it."""
        return self._change_case(
            asking,
            model,
            instance_id,
            lambda work, row, actor: commands.act(work, row, action, form, actor),
            lambda actor: commands.must_perform(model, action, actor),
            Scope.SIGN if action in model.actions and model.actions[action].signs else Scope.ACT,
        )

    def edit(self, asking: Asking, model: ProcessModel, instance_id: int, patch: Mapping[str, Any]) -> "Future[Answer]":
        """Merge a patch into the dossier; the answer is the case after it."""
        return self._change_case(
            asking, model, instance_id, lambda work, row, actor: commands.edit(work, row, patch, actor)
        )

    def attach(self, asking: Asking, model: ProcessModel, instance_id: int, paper: Paper) -> "Future[Answer]":
        """Add a stored paper; the answer is the case after it."""
        return self._change_case(
            asking, model, instance_id, lambda work, row, actor: commands.attach(work, row, paper, actor)
        )

    def assign(self, asking: Asking, model: ProcessModel, instance_id: int, username: str | None) -> "Future[Answer]":
        """Make the open task one person's, or anybody's of its role again; the answer is the case after it."""
        return self._change_case(
            asking, model, instance_id, lambda work, row, actor: assign(work, row, username, actor)
        )

    def change(
        self,
        asking: Asking,
        perform: Perform,
        needs: Scope = Scope.ACT,
        must: Callable[[Work, Actor], None] = lambda work, actor: None,
    ) -> "Future[Answer]":
        """Queue a change of any kind by the person asking, who must be logged in.

        needs: what a token must allow. must: refuses who may not be given a stored answer again.
        """

        def stand(work: Work, actor: Actor) -> Callable[[], Answer]:
            if asking.key:  # without one, `perform` says it better
                must(work, actor)
            return partial(perform, work, actor)

        return self.writer.submit(lambda tx: self._once(tx, asking, needs, stand))

    def _once(
        self, tx: Transaction, asking: Asking, needs: Scope, stand: Callable[[Work, Actor], Callable[[], Answer]]
    ) -> Answer:
        """Standing, then replay, then the change itself.

        stand: checks what must hold before a stored answer may be given again, and gives the change.
        """
        login = use(tx, asking.secret, needs, self.wall())
        work = self.work(tx)
        actor = actor_of(tx, login, work.today)
        perform = stand(work, actor)
        if not asking.key:
            return perform()
        return _replay(work, actor, asking) or _remember(work, actor, asking, perform())

    def _change_case(
        self,
        asking: Asking,
        model: ProcessModel,
        instance_id: int,
        change: Callable[[Work, Row, Actor], Row],
        must: Callable[[Actor], None] = lambda _: None,
        needs: Scope = Scope.ACT,
    ) -> "Future[Answer]":
        def stand(work: Work, actor: Actor) -> Callable[[], Answer]:
            row = commands.load(work, model, instance_id, actor)
            if asking.key:  # without one, `decide` says it better
                must(actor)

            def perform() -> Answer:
                check_version(row, asking)
                return _case_answer(work, change(work, row, actor), actor, 200)

            return perform

        return self.writer.submit(lambda tx: self._once(tx, asking, needs, stand))

    # ── looks ────────────────────────────────────────────────────────────────────────────────
    @contextmanager
    def look(self, secret: str) -> Iterator[tuple[Work, Actor]]:
        """A consistent view for the person asking; nothing can be changed in it.

        Raises:
            NotAuthenticated: no valid session or token.
        """
        with self.database.read() as tx:
            work = self.work(tx)
            yield work, self.standing(work, secret)

    def standing(self, work: Work, secret: str) -> Actor:
        """The person behind a secret who looks, with the memberships of the business date.

        Raises:
            NotAuthenticated, ScopeMissing: as `login_of` and `check_scope`.
        """
        login = login_of(work.tx, secret, self.wall())
        check_scope(login, Scope.READ, self.wall())
        return actor_of(work.tx, login, work.today)

    # ── the clock ────────────────────────────────────────────────────────────────────────────
    def fire_due(self) -> int:
        """Fire all timers that are due at the business instant; returns how many."""
        total = 0
        while count := self.writer.call(lambda tx: fire_due(self.work(tx))):
            total += count
        return total

    def run_effects(self) -> None:
        """Carry out what is left of effects after a crash."""
        while self.writer.call(self._follow_up):
            pass

    def _follow_up(self, tx: Transaction) -> bool:
        return run_next_effect(self.work(tx))

    def close(self) -> None:
        """Finish what has queued up and let go of the database."""
        self.writer.stop()
        self.database.close()


def _case_answer(work: Work, row: Row, actor: Actor, status: int, location: str = "") -> Answer:
    return Answer(status, canonical(whole(work, row, actor)), f'"{row["version"]}"', location)


def check_version(row: Row, asking: Asking) -> None:
    """Refuse a change that was decided on another version of the case, or on none.

    Raises:
        VersionMissing, StaleVersion: with both versions.
    """
    if asking.expected is None:
        raise VersionMissing
    if row["version"] != asking.expected:
        raise StaleVersion(expected=asking.expected, actual=row["version"])


def _replay(work: Work, actor: Actor, asking: Asking) -> Answer | None:
    row = work.tx.one(REPLAY, principal=str(actor.person_id), key=asking.key)
    if row is None:
        return None
    if row["fingerprint"] != asking.fingerprint:
        raise KeyReused
    return Answer(row["status"], row["body"], row["etag"], row["location"])


def _remember(work: Work, actor: Actor, asking: Asking, answer: Answer) -> Answer:
    work.tx.insert(
        REMEMBER, principal=str(actor.person_id), key=asking.key, fingerprint=asking.fingerprint,
        status=answer.status, body=answer.body, etag=answer.etag, location=answer.location,
        at=to_micros(work.now),
    )  # fmt: skip
    return answer
