"""PostgreSQL: several write at the same time, faults of what was sent come late, and a server can go away."""

import itertools
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import bindparam, select, text, update

from engine.errors import InvalidInput
from engine.runtime import schema
from engine.runtime.database import Database, Statement, Transaction, is_conflict, is_constraint, is_out_of_order
from engine.runtime.database.pipe import MOST_PREPARED
from engine.runtime.database.postgres import PostgresTransaction
from engine.runtime.statements import insertion
from engine.runtime.writer import Writer
from tests.databases import new_database

setting = schema.setting
STORE = insertion(setting)
NAMES = Statement(select(setting.c.name).order_by(setting.c.name))
VALUE = Statement(select(setting.c.value).where(setting.c.name == "n"))
SET = Statement(update(setting).where(setting.c.name == "n").values(value=bindparam("new")))
KILL_ALL = Statement(text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = :pid"))
WHO = Statement(text("SELECT pg_backend_pid() AS pid"))


@pytest.fixture
def database(folder: Path) -> Iterator[Database]:
    database = new_database(folder, "office")
    yield database
    database.close()


def stored(database: Database) -> list[str]:
    with database.read() as tx:
        return [row["name"] for row in tx.all(NAMES)]


def count_up(tx: Transaction) -> int:
    row = tx.one(VALUE)
    assert row is not None
    new = int(row["value"]) + 1
    tx.run(SET, new=str(new))
    return new


# ── several at once ──────────────────────────────────────────────────────────────────────────────


def test_what_two_read_and_change_is_lost_by_neither(database: Database) -> None:
    """Each reads, then writes what it has read plus one: the writer runs again what another came in between of."""
    with database.write() as tx:
        tx.run(STORE, name="n", value="0")
    writers = [Writer(database), Writer(database)]
    try:
        with ThreadPoolExecutor(8) as threads:
            told = list(threads.map(lambda n: writers[n % 2].submit(count_up).result(30), range(200)))
    finally:
        for writer in writers:
            writer.stop()

    assert sorted(told) == list(range(1, 201))
    assert sum(writer.conflicts for writer in writers) > 0


def test_a_conflict_that_came_unnoticed_is_not_undone_with_the_next_command_of_the_batch(database: Database) -> None:
    """What answers nothing fails late, here when the command behind it is refused before it has asked anything."""
    with database.write() as tx:
        tx.run(STORE, name="n", value="0")
    elsewhere, writer = Database(database.where), Writer(database)
    once = [lambda: _count_up_in(elsewhere)]

    def count_up_late(tx: Transaction) -> int:
        row = tx.one(VALUE)
        assert row is not None
        if once:
            once.pop()()  # another node comes in between
        tx.run(SET, new=str(int(row["value"]) + 1))
        return int(row["value"]) + 1

    def refuse(_: Transaction) -> int:
        raise InvalidInput({"name": "no"})

    try:
        with held(writer):
            counted, refused = writer.submit(count_up_late), writer.submit(refuse)
        told, fault = counted.result(30), refused.exception(30)
    finally:
        writer.stop()
        elsewhere.close()

    assert (told, type(fault)) == (2, InvalidInput)
    with database.read() as tx:
        assert tx.all(VALUE)[0]["value"] == "2"


def _count_up_in(database: Database) -> None:
    with database.write() as tx:
        count_up(tx)


@contextmanager
def held(writer: Writer) -> Iterator[None]:
    """The writer has its hands full: what is submitted meanwhile becomes one batch."""
    begun, over = threading.Event(), threading.Event()

    def wait(_: Transaction) -> None:
        begun.set()
        over.wait(30)

    writer.submit(wait)
    begun.wait(30)
    yield
    over.set()


def test_a_change_decided_on_what_is_no_longer_so_is_refused(database: Database) -> None:
    """Write skew: each sees that there is nobody else, and enters."""

    def enter(name: str, both: threading.Barrier) -> None:
        with database.write() as tx:
            assert tx.all(NAMES) == []
            both.wait(10)
            tx.run(STORE, name=name, value="")
            tx.settle()
            both.wait(10)

    both = threading.Barrier(2)
    with ThreadPoolExecutor(2) as threads:
        entering = [threads.submit(enter, name, both) for name in ("a", "b")]
        faults = [one.exception(20) for one in entering]
    assert len(stored(database)) == 1
    assert [is_conflict(fault) for fault in faults if fault] == [True]


def test_a_view_stays_as_it_was_while_a_write_commits(database: Database) -> None:
    with database.read() as view:
        before = view.all(NAMES)
        with database.write() as tx:
            tx.run(STORE, name="a", value="")
        after = view.all(NAMES)

    assert (before, after, stored(database)) == ([], [], ["a"])


def test_a_view_writes_nothing(database: Database) -> None:
    with database.read() as tx:
        tx.run(STORE, name="a", value="")
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            tx.settle()


# ── faults ───────────────────────────────────────────────────────────────────────────────────────


def twice(tx: Transaction) -> None:
    tx.run(STORE, name="a", value="")
    tx.run(STORE, name="a", value="")


def test_a_fault_comes_at_the_latest_with_the_commit(database: Database) -> None:
    with pytest.raises(psycopg.errors.UniqueViolation) as caught, database.write() as tx:
        twice(tx)

    assert is_constraint(caught.value)
    assert stored(database) == []
    with database.write() as tx:
        tx.run(STORE, name="b", value="")
    assert stored(database) == ["b"]


def test_a_fault_comes_with_the_next_answer(database: Database) -> None:
    with database.write() as tx:
        twice(tx)
        with pytest.raises(psycopg.errors.UniqueViolation):
            tx.all(NAMES)
        tx.command("ROLLBACK")
        tx.command("BEGIN")


def test_what_comes_before_a_savepoint_outlives_a_fault_behind_it(database: Database) -> None:
    with database.write() as tx:
        tx.run(STORE, name="kept", value="")
        tx.command("SAVEPOINT one")
        twice(tx)
        with pytest.raises(psycopg.errors.UniqueViolation):
            tx.settle()
        tx.command("ROLLBACK TO one")
        tx.command("RELEASE one")
        tx.run(STORE, name="later", value="")

    assert stored(database) == ["kept", "later"]


def test_a_text_with_a_nul_is_no_text(database: Database) -> None:
    with pytest.raises(InvalidInput), database.write() as tx:
        tx.run(STORE, name="a\0b", value="")

    assert stored(database) == []


def test_questions_asked_together_are_answered_each(database: Database) -> None:
    with database.write() as tx:
        tx.run(STORE, name="n", value="7")
        names, values = tx.gather((NAMES, {}), (VALUE, {}))

    assert ([row["name"] for row in names], [row["value"] for row in values]) == (["n"], ["7"])


def test_a_drawn_key_is_the_keys_of_the_next_row(database: Database) -> None:
    new = insertion(schema.unit_kind), insertion(schema.person)
    row = {"mail": "", "staff_code": None, "password_hash": "", "active": True}
    with database.write() as tx:
        tx.draw("person")
        first = tx.insert(new[1], username="a", name="A", **row)
        second = tx.insert(new[1], username="b", name="B", **row)
        found = tx.all(Statement(select(schema.person.c.id).order_by(schema.person.c.username)))

    assert [row["id"] for row in found] == [first, second]


def test_more_statements_than_a_connection_keeps_are_answered_too(database: Database) -> None:
    def numbered(n: int) -> Statement:
        return Statement(text(f"SELECT {n} AS n"))

    for _ in range(2):
        with database.write() as tx:
            told = [row["n"] for (row,) in tx.gather(*((numbered(n), {}) for n in range(MOST_PREPARED + 20)))]
        assert told == list(range(MOST_PREPARED + 20))


# ── a server that goes away ──────────────────────────────────────────────────────────────────────


def test_after_a_lost_connection_the_next_one_works(database: Database) -> None:
    def kill(tx: Transaction) -> None:
        row = tx.one(WHO)
        assert row is not None
        with database.read() as other:
            other.all(KILL_ALL, pid=row["pid"])
        tx.one(WHO)

    with pytest.raises(psycopg.OperationalError) as caught, database.write() as tx:
        kill(tx)

    assert is_out_of_order(caught.value)
    assert not is_conflict(caught.value)
    with database.write() as tx:
        tx.run(STORE, name="a", value="")
    assert stored(database) == ["a"]


def test_a_statement_that_takes_too_long_costs_no_connection(database: Database) -> None:
    def who() -> object:
        with database.write() as tx:
            return tx.one(WHO)

    before = [who(), who()]  # the two that write

    def sleep() -> None:
        with database.write() as tx:
            tx.command("SET LOCAL statement_timeout = 1")
            tx.one(Statement(text("SELECT 1 AS n FROM pg_sleep(5)")))

    with pytest.raises(psycopg.errors.QueryCanceled) as caught:
        sleep()

    assert is_out_of_order(caught.value)
    assert sorted(map(str, (who(), who()))) == sorted(map(str, before))


def test_where_nobody_listens_the_fault_says_so() -> None:
    database = Database("postgresql://nobody@127.0.0.1:9/none")
    with pytest.raises(psycopg.OperationalError) as caught, database.read():
        pass
    assert is_out_of_order(caught.value)
    database.close()


def test_what_may_have_been_committed_is_not_carried_out_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer to the COMMIT of a batch is lost: run one by one, its commands would be carried out twice."""
    writer, settle, commits = Writer(database), PostgresTransaction.settle, itertools.count(1)
    begun, release = threading.Event(), threading.Event()

    def settle_and_lose_the_second(self: PostgresTransaction) -> None:
        settle(self)
        if next(commits) == 2:
            raise psycopg.OperationalError("the connection went away")

    def hold(_: Transaction) -> None:
        begun.set()
        assert release.wait(10)

    monkeypatch.setattr(PostgresTransaction, "settle", settle_and_lose_the_second)
    try:
        held = writer.submit(hold)
        assert begun.wait(10)
        batch = [writer.submit(lambda tx, name=name: tx.run(STORE, name=name, value="")) for name in ("a", "b")]
        release.set()
        held.result(10)
        faults = [future.exception(10) for future in batch]
    finally:
        writer.stop()

    assert stored(database) == ["a", "b"]
    assert [type(fault) for fault in faults] == [psycopg.OperationalError] * 2


def test_nobody_is_given_a_broken_connection(database: Database) -> None:
    """A conflict in each of many transactions, each with a statement of its own, leaves nothing behind."""
    with database.write() as tx:
        tx.run(STORE, name="a", value="")
    for n in range(MOST_PREPARED + 50):
        with suppress(psycopg.errors.UniqueViolation), database.write() as tx:
            tx.one(Statement(text(f"SELECT {n} AS n")))
            tx.run(STORE, name="a", value="")
        with database.write() as tx:
            row = tx.one(Statement(text(f"SELECT {-n} AS n, pg_backend_pid() AS pid")))
            assert row is not None
            assert row["n"] == -n
