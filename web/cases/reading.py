"""A dossier as people read it: labels, the words of choices, dates, tables; what is empty is left out."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from engine.definition.model import ProcessModel
from web.forms.fields import Field, Kind, fields_of

YES, NO = "Có", "Không"
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T[\d:.]+Z")


@dataclass(frozen=True, slots=True)
class Entry:
    """A field with its value. `text`, `day` (a date) or `moment` (an instant) of one that is plain, `words` of one that
    was chosen or ticked and is translated, `lines` of a list, `below` of a group, `rows` of a table, each a group."""

    name: str
    label: str
    text: str = ""
    words: tuple[str, ...] = ()
    day: str = ""
    moment: str = ""
    lines: tuple[str, ...] = ()
    below: tuple["Entry", ...] = ()
    rows: tuple[tuple["Entry", ...], ...] = ()


def gist_of(model: ProcessModel, dossier: Mapping[str, Any]) -> str:
    """What a line of a list tells of the dossier beside the headline, as its process declares it."""
    return " · ".join(filter(None, (words_at(dossier, path) for path in model.outline.gist)))


def words_at(dossier: Mapping[str, Any], path: str) -> str:
    """The words at a dotted field; empty where there is nothing, or nothing for these eyes."""
    value: Any = dossier
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return str(getattr(value, "label", value or ""))


def readable(
    model: type[BaseModel], document: Mapping[str, Any], only: Collection[str] | None = None
) -> tuple[Entry, ...]:
    """The entries of a document of that type, in its order; only: these fields of it.

    What the document does not have, or has empty, is left out; so is what its reader must not see.
    """
    return _entries(fields_of(model, only), document)


def _entries(fields: tuple[Field, ...], document: Mapping[str, Any]) -> tuple[Entry, ...]:
    shown = (
        _entry(field, document[field.name]) for field in fields if document.get(field.name) not in (None, "", [], {})
    )
    return tuple(entry for entry in shown if entry is not None)


def _entry(field: Field, value: Any) -> Entry | None:
    name, label = field.name, field.label
    if field.kind in (Kind.GROUP, Kind.DAYS):
        below = _entries(field.fields, value)
        return Entry(name, label, below=below) if below else None
    if field.kind is Kind.ROWS:
        return Entry(name, label, rows=tuple(_entries(field.fields, row) for row in value))
    if field.kind is Kind.LINES:
        return Entry(name, label, lines=tuple(value))
    if field.kind is Kind.TICK:
        return Entry(name, label, words=(YES if value else NO,))
    if field.choices:
        known = dict(field.choices)
        chosen = value if isinstance(value, list) else [value]
        return Entry(name, label, words=tuple(known.get(str(one), str(one)) for one in chosen))
    if field.kind is Kind.DATE:
        return Entry(name, label, day=value)
    return Entry(name, label, moment=value) if _INSTANT.fullmatch(str(value)) else Entry(name, label, text=str(value))
