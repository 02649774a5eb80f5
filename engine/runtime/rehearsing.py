"""What an action would bring, found out by taking it and undoing it: the very code, and nothing is kept."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel

from engine.definition.model import ProcessModel
from engine.runtime import commands
from engine.runtime.database import Transaction
from engine.runtime.service import Engine

T = TypeVar("T")


class _Seen(Exception):
    """Undoes the transaction and carries out of it what was looked at."""

    def __init__(self, found: Any) -> None:
        super().__init__()
        self.found = found


def rehearse(
    engine: Engine,
    secret: str,
    model: ProcessModel,
    instance_id: int,
    action: str,
    form: BaseModel | Mapping[str, Any] | None,
    look: Callable[[Transaction], Callable[[Transaction], T]],
) -> T:
    """Take an action, look at what it has written, and undo it; nobody ever sees it. Blocks: for a thread.

    look: called before the action; what it gives is called after it, and its answer is the answer.

    Raises:
        NotAuthenticated, NotFound: as for a look at the case.
        ActionNotAvailable, NotPerformer, InvalidInput, GuardUnmet, LinesRefused: as the action itself.
    """

    def perform(tx: Transaction) -> None:
        work = engine.work(tx)
        actor = engine.standing(work, secret)
        row, after = commands.load(work, model, instance_id, actor), look(tx)
        commands.act(work, row, action, form, actor)
        raise _Seen(after(tx))

    try:
        engine.writer.call(perform)
    except _Seen as seen:
        found: T = seen.found
        return found
    raise AssertionError("a rehearsal is always undone")
