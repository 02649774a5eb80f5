"""The letters that an action would bring, before it is taken."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from engine.definition.model import ProcessModel
from engine.runtime.database import Transaction
from engine.runtime.rehearsing import rehearse
from engine.runtime.service import Engine
from notifications.drafts import Press, drafted
from notifications.letters import Letterhead
from notifications.waiting import Notice, last_notice, notices_after
from notifications.words import Words


@dataclass(frozen=True, slots=True)
class Foretold:
    """A letter: to whom, about what, its text; `fault`: why there would be none."""

    name: str
    subject: str
    text: str
    fault: str


def preview(
    engine: Engine, words: Words, head: Letterhead, secret: str, model: ProcessModel, instance_id: int, action: str,
    form: BaseModel | Mapping[str, Any] | None,
) -> list[Foretold]:  # fmt: skip
    """The letters that would go out if this person took the action now with that form; nothing is kept.

    What waits for the same people from before is left out: it may come in one letter with this. Blocks: for a thread.

    Raises:
        NotAuthenticated, NotFound, ActionNotAvailable, NotPerformer, InvalidInput, GuardUnmet, LinesRefused: as the
            action itself would be refused.
    """
    notices = rehearse(engine, secret, model, instance_id, action, form, _looking)
    press = Press(engine.registry, words, head, engine.office.calendar, engine.clock())
    batches: dict[str, list[Notice]] = {}
    for told in notices:
        batches.setdefault(told.recipient, []).append(told)
    letters = [drafted(press, batch) for batch in batches.values()]
    return [Foretold(one.first.name, one.subject, one.text, one.fault) for one in letters if one.said]


def _looking(tx: Transaction) -> Any:
    before = last_notice(tx)
    return lambda after: notices_after(after, before)
