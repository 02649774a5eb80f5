"""The engine's door: every change of a case goes through `Engine.change`, every look through `Engine.look`.

One change is one transaction with one order of checks: standing (account active, case visible), replay
(same idempotency key: the stored answer), version, performer, guard. The answer is made before the
commit and given after it.
"""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from threading import Event
from typing import Any

from pydantic import BaseModel

from engine.definition.documents import canonical
from engine.definition.model import ProcessModel
from engine.definition.performing import Actor
from engine.definition.registry import Registry
from engine.errors import KeyReused, StaleVersion, VersionMissing
from engine.instants import local_date, to_micros
from engine.office.organisation import Office
from engine.runtime import beginning, commands
from engine.runtime.accounts import Scope, check_scope, hash_of, known_actor, login_of, use_row
from engine.runtime.assignments import assign
from engine.runtime.beginning import NewCase
from engine.runtime.blobs import BlobStore
from engine.runtime.commands import Paper
from engine.runtime.database import Ask, Database, Row, Transaction
from engine.runtime.editions import Editions
from engine.runtime.effects import carry_out_left_over, carry_out_next, left_over
from engine.runtime.known import Known
from engine.runtime.present import whole
from engine.runtime.snapshots import Stored, questions
from engine.runtime.statements import REMEMBER, REPLAY, SESSION
from engine.runtime.timers import due_timers, fire_rungs, fire_time_out
from engine.runtime.vault import Vault
from engine.runtime.work import Work
from engine.runtime.writer import Command, Writer


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, and how a repeat is recognised.

    secret: of the session or token. key and fingerprint: the idempotency key (empty: none) and what the
    request was. expected: the version that the change was decided on; None when it names none. request_id: what
    history and mail log call the request.
    """

    secret: str
    key: str = ""
    fingerprint: str = ""
    expected: int | None = None
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the client gets; stored with the effect when an idempotency key was given."""

    status: int
    body: str
    etag: str = ""
    location: str = ""


Perform = Callable[[Work, Actor], Answer]
Answers = Mapping[str, list[Row]]


@dataclass(frozen=True, slots=True)
class _Change:
    """What becomes of one asking.

    needs: what a token must allow. stand: checks what must hold before a stored answer may be given again, and gives
    the change itself. ask: what the change wants to know on that day, asked together with who asks; `stand` gets the
    answers by the same names. draws: the tables in which it surely makes a row.
    """

    needs: Scope
    stand: Callable[[Work, Actor, Answers], Callable[[], Answer]]
    ask: Callable[[date], Mapping[str, Ask]] = lambda today: {}
    draws: tuple[str, ...] = ()


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
        salt: Callable[[], bytes],
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

    def work(
        self, tx: Transaction, request_id: str = "", *, number: int | None = None, now: datetime | None = None
    ) -> Work:
        """The surroundings of a command that runs now, and follows from that request.

        number: of the edition of the office that the transaction sees, now: the business instant, when they are known.
        """
        edition = self.editions.of(tx, number)
        return Work(tx, edition.office, self.registry, now or self.clock(), self._salt, request_id, edition.known)

    def claiming(self, tx: Transaction, request_id: str = "") -> Work:
        """Likewise for a command that claims (`Writer.claim`): it sees what others commit meanwhile, so what it learns
        of people holds for itself alone."""
        return replace(self.work(tx, request_id), known=Known())

    # ── changes ──────────────────────────────────────────────────────────────────────────────
    def start(self, asking: Asking, model: ProcessModel, new: NewCase) -> "Future[Answer]":
        """Begin an instance; the answer is 201 with the case."""

        def perform(work: Work, actor: Actor) -> Answer:
            row = beginning.start(work, model, new, actor)
            return _case_answer(work, row, actor, 201, f"/api/v1/{model.collection}/{row['id']}")

        def stand(work: Work, actor: Actor, _: Answers) -> Callable[[], Answer]:
            if asking.key:
                beginning.must_begin(model, actor)
            return partial(perform, work, actor)

        return self._submit(asking, _Change(Scope.ACT, stand, draws=("instance", "history", "user_task")))

    def act(
        self, asking: Asking, model: ProcessModel, instance_id: int, action: str,
        form: BaseModel | Mapping[str, Any] | None,
    ) -> "Future[Answer]":  # fmt: skip
        """Take an action; the answer is the case after it."""
        return self.writer.submit(self.acting(asking, model, instance_id, action, form))

    def acting(
        self, asking: Asking, model: ProcessModel, instance_id: int, action: str,
        form: BaseModel | Mapping[str, Any] | None,
    ) -> Command[Answer]:  # fmt: skip
        """The command that `act` queues; who waits for its answer anyway gives it to `writer.call`, which is faster."""
        return self._changing(
            asking,
            model,
            instance_id,
            lambda work, row, actor, stored: commands.act(work, row, action, form, actor, stored=stored),
            lambda actor: commands.must_perform(model, action, actor),
            Scope.SIGN if action in model.actions and model.actions[action].signs else Scope.ACT,
            draws=("history", "user_task"),
        )

    def edit(self, asking: Asking, model: ProcessModel, instance_id: int, patch: Mapping[str, Any]) -> "Future[Answer]":
        """Merge a patch into the dossier; the answer is the case after it."""
        return self.writer.submit(
            self._changing(
                asking,
                model,
                instance_id,
                lambda work, row, actor, stored: commands.edit(work, row, patch, actor, stored),
            )
        )

    def attach(self, asking: Asking, model: ProcessModel, instance_id: int, paper: Paper) -> "Future[Answer]":
        """Add a stored paper; the answer is the case after it."""
        return self.writer.submit(
            self._changing(
                asking,
                model,
                instance_id,
                lambda work, row, actor, stored: commands.attach(work, row, paper, actor, stored),
                draws=("attachment", "history"),
            )
        )

    def assign(self, asking: Asking, model: ProcessModel, instance_id: int, username: str | None) -> "Future[Answer]":
        """Make the open task one person's, or anybody's of its role again; the answer is the case after it."""
        return self.writer.submit(
            self._changing(
                asking, model, instance_id, lambda work, row, actor, stored: assign(work, row, username, actor, stored)
            )
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

        def stand(work: Work, actor: Actor, _: Answers) -> Callable[[], Answer]:
            if asking.key:  # without one, `perform` says it better
                must(work, actor)
            return partial(perform, work, actor)

        return self._submit(asking, _Change(needs, stand))

    def _submit(self, asking: Asking, change: _Change) -> "Future[Answer]":
        return self.writer.submit(partial(self._once, asking, change))

    def _once(self, asking: Asking, change: _Change, tx: Transaction) -> Answer:
        """Standing, then replay, then the change itself; what they want to know is asked all at once."""
        now, token = self.clock(), {"token_hash": hash_of(asking.secret)}
        asks = change.ask(local_date(now))
        tx.draw(*change.draws)
        who, before, *answers = tx.gather((SESSION, token), (REPLAY, {**token, "key": asking.key}), *asks.values())
        login = use_row(tx, who[0] if who else None, change.needs, self.wall())
        work = self.work(tx, asking.request_id, number=who[0]["edition"], now=now)
        actor = known_actor(work, login)
        perform = change.stand(work, actor, dict(zip(asks, answers, strict=True)))
        if not asking.key:
            return perform()
        return _replay(asking, before) or _remember(work, actor, asking, perform())

    def _changing(
        self,
        asking: Asking,
        model: ProcessModel,
        instance_id: int,
        change: Callable[[Work, Row, Actor, Stored], Row],
        must: Callable[[Actor], None] = lambda _: None,
        needs: Scope = Scope.ACT,
        draws: tuple[str, ...] = ("history",),
    ) -> Command[Answer]:
        def stand(work: Work, actor: Actor, answers: Answers) -> Callable[[], Answer]:
            stored = Stored(**answers)
            row = commands.seen(work, model, instance_id, actor, stored)
            if asking.key:  # without one, `decide` says it better
                must(actor)

            def perform() -> Answer:
                check_version(row, asking)
                moved = change(work, row, actor, stored)
                return _case_answer(work, moved, actor, 200, tasks=stored.tasks)

            return perform

        return partial(self._once, asking, _Change(needs, stand, partial(questions, model, instance_id), draws))

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
        return known_actor(work, login)

    # ── the clock ────────────────────────────────────────────────────────────────────────────
    def fire_due(self, request_id: str = "") -> int:
        """Fire all timers that are due at the business instant; returns how many."""
        total = 0
        while count := self._fire(request_id):
            total += count
        return total

    def _fire(self, request_id: str) -> int:
        """Some of what is due and in nobody's hands; returns how many."""
        with self.database.read() as tx:
            is_rung_due, late = due_timers(tx, to_micros(self.clock()))
        fired = 0
        if is_rung_due:
            fired = self.writer.claim(lambda tx: fire_rungs(self.claiming(tx, request_id)))
        for key in late:
            fired += self.writer.call(lambda tx, key=key: fire_time_out(self.work(tx, request_id), key))  # type: ignore[misc]
        return fired

    def run_effects(self) -> None:
        """Carry out what is left of effects after a crash, and is in nobody's hands."""
        carried_out = True
        while carried_out:
            with self.database.read() as tx:
                keys = left_over(tx)
            carried_out = False
            for key in keys:
                carried_out |= self.writer.call(lambda tx, key=key: carry_out_left_over(self.work(tx), key))  # type: ignore[misc]

    def _follow_up(self, tx: Transaction, history_id: int) -> bool:
        return carry_out_next(self.work(tx), history_id)

    def close(self) -> None:
        """Finish what has queued up and let go of the database."""
        self.writer.stop()
        self.database.close()


def _case_answer(
    work: Work, row: Row, actor: Actor, status: int, location: str = "", tasks: list[Row] | None = None
) -> Answer:
    return Answer(status, canonical(whole(work, row, actor, tasks)), f'"{row["version"]}"', location)


def check_version(row: Row, asking: Asking) -> None:
    """Refuse a change that was decided on another version of the case, or on none.

    Raises:
        VersionMissing, StaleVersion: with both versions.
    """
    if asking.expected is None:
        raise VersionMissing
    if row["version"] != asking.expected:
        raise StaleVersion(expected=asking.expected, actual=row["version"])


def _replay(asking: Asking, before: list[Row]) -> Answer | None:
    """What was answered before under that key, by its rows of `REPLAY`."""
    if not before:
        return None
    row = before[0]
    if row["fingerprint"] != asking.fingerprint:
        raise KeyReused
    return Answer(row["status"], row["body"], row["etag"], row["location"])


def _remember(work: Work, actor: Actor, asking: Asking, answer: Answer) -> Answer:
    work.tx.run(
        REMEMBER, principal=str(actor.person_id), key=asking.key, fingerprint=asking.fingerprint,
        status=answer.status, body=answer.body, etag=answer.etag, location=answer.location,
        at=work.micros,
    )  # fmt: skip
    return answer
