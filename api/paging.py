"""Lists are answered in parts: what is asked of one, and the answer that names the part after it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

from fastapi import Query

from api.dependencies import ID_PATTERN

Limit = Annotated[int, Query(ge=1, le=100, description="How many at most")]
Cursor = Annotated[str | None, Query(pattern=ID_PATTERN, description="`next` of the part before")]


def before(cursor: str | None) -> int | None:
    """The key below which the part begins; None: at the newest."""
    return int(cursor) if cursor else None


def part(
    found: Sequence[Mapping[str, Any]], limit: int, key: Callable[[Any], Any] = lambda one: one["id"]
) -> dict[str, Any]:  # fmt: skip
    """The part as `Page` describes it.

    found: what there is, asked for with one more than `limit`, so that the last part is known by its length.
    key: of the last one shown, where the next part begins.
    """
    items = found[:limit]
    return {"items": items, "next": str(key(items[-1])) if len(found) > limit else None}
