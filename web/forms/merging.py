"""Two people change the same document: what each changed, and one form that has the words of both."""

from collections.abc import Sequence
from dataclasses import dataclass

from web.forms.fields import CHOOSING, Field, Kind
from web.forms.typed import TICKED, Typed, day_of, leaves, part, renumbered


@dataclass(frozen=True, slots=True)
class Both:
    """A field that the others have changed; is_contested: the person too, to something else."""

    name: str
    field: Field
    theirs: Typed
    mine: Typed
    is_contested: bool


@dataclass(frozen=True, slots=True)
class Merged:
    """One form from two: the others' words, and over them the person's own."""

    typed: dict[str, list[str]]
    theirs: tuple[Both, ...]
    is_mine_different: bool


def merged(fields: Sequence[Field], seen: Typed, mine: Typed, theirs: Typed) -> Merged:
    """What was typed over `seen`, put over what the others made of it meanwhile; field by field.

    seen: the form as it was when the person began to type.
    """
    typed: dict[str, list[str]] = {}
    changed: list[Both] = []
    is_different = False
    mine = renumbered(fields, mine)
    for name, field in leaves(fields):
        was, own, now = part(seen, name), part(mine, name), part(theirs, name)
        typed |= now if own == was else {n: list(v) for n, v in mine.items() if n == name or n.startswith(f"{name}.")}
        is_different |= own not in (was, now)
        if now != was and own != now:
            changed.append(Both(name, field, now, own, own != was))
    return Merged(typed, tuple(changed), is_different)


def words(field: Field, typed: Typed, name: str) -> tuple[str, ...]:
    """What stands in a leaf as people read it, a line each; nothing when it is empty."""
    if field.kind is Kind.ROWS:
        return tuple(_row(field, typed, start) for start in _rows(typed, name))
    values = [value for value in typed.get(name, ()) if value]
    if field.kind is Kind.TICK:
        return ("có",) if TICKED in values else ("không",)
    if field.kind in CHOOSING:
        labels = dict(field.choices)
        return tuple(labels.get(value, value) for value in values)
    if field.kind is Kind.DATE:
        return tuple(f"{day:%d/%m/%Y}" if (day := day_of(value)) else value for value in values)
    return tuple(line for value in values for line in value.split("\n"))


def _rows(typed: Typed, name: str) -> list[str]:
    starts = {n[: n.index(".", len(name) + 1) + 1] for n in typed if n.startswith(f"{name}.") and n.count(".") > 1}
    return sorted(starts, key=lambda start: (len(start), start))


def _row(field: Field, typed: Typed, start: str) -> str:
    cells = (" ".join(words(column, typed, start + column.name)) for column in field.fields)
    return " | ".join(cell for cell in cells if cell)
