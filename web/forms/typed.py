"""Between what stands in a form and JSON: a document as it is shown, what was typed as a document.

What was typed is kept as browsers send it, name → values; the names are dotted, of a table `items.0.part`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from web.forms.fields import BRANCHES, Field, Kind

Typed = Mapping[str, Sequence[str]]
Faults = dict[str, str]

TICKED = "1"
NO_DATE = "Ngày không đúng. Hãy ghi ngày/tháng/năm, như 31/07/2024."
NO_NUMBER = "Phải là số nguyên, như 12."
NO_CHOICE = "Hãy chọn trong danh sách."

_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_LOCAL = re.compile(r"(\d{1,2})\s*[/.-]\s*(\d{1,2})\s*[/.-]\s*(\d{4})")
_NUMBER = re.compile(r"[+-]?[0-9]{1,15}")


# ── a document as it is shown ────────────────────────────────────────────────────────────────────
def shown(fields: Iterable[Field], document: Mapping[str, Any], prefix: str = "") -> dict[str, list[str]]:
    """What the fields hold when they show the document."""
    found: dict[str, list[str]] = {}
    for field in fields:
        name, value = prefix + field.name, document.get(field.name)
        if field.kind in BRANCHES:
            found |= shown(field.fields, value or {}, f"{name}.")
        elif field.kind is Kind.ROWS:
            for index, row in enumerate(value or ()):
                found |= shown(field.fields, row, f"{name}.{index}.")
        elif values := _values(field, value):
            found[name] = values
    return found


def _values(field: Field, value: Any) -> list[str]:
    if field.kind is Kind.TICK:
        return [TICKED] if value else []
    if field.kind is Kind.TICKS:
        return [str(one) for one in value or ()]
    if field.kind is Kind.LINES:
        return ["\n".join(value or ())]
    return ["" if value is None else str(value)]


# ── what was typed as a document ─────────────────────────────────────────────────────────────────
def read(fields: Iterable[Field], typed: Typed, prefix: str = "") -> tuple[dict[str, Any], Faults]:
    """The document that was meant, what is empty left out; and what cannot be read, by dotted field."""
    document: dict[str, Any] = {}
    faults: Faults = {}
    for field in fields:
        value, wrong = _read_one(field, typed, prefix + field.name)
        faults |= wrong
        if value is not None:
            document[field.name] = value
    return document, faults


def _read_one(field: Field, typed: Typed, name: str) -> tuple[Any, Faults]:
    if field.kind is Kind.ROWS:
        return _read_rows(field, typed, name)
    if field.kind in BRANCHES:
        below, faults = read(field.fields, typed, f"{name}.")
        is_away = field.is_optional and not faults and is_blank(below)
        return (None if is_away else below), faults
    if field.kind is Kind.TICK:
        return bool(typed.get(name)), {}
    if field.kind is Kind.TICKS:
        return [value for value in typed.get(name, ()) if value], {}
    text = _text(typed, name)
    if field.kind is Kind.LINES:
        return [line.strip() for line in text.split("\n") if line.strip()] or None, {}
    return _read_text(field, text, name) if text else (None, {})


def _read_text(field: Field, text: str, name: str) -> tuple[Any, Faults]:
    if field.kind is Kind.NUMBER:
        return (int(text), {}) if _NUMBER.fullmatch(text) else (None, {name: NO_NUMBER})
    if field.kind is Kind.DATE:
        day = day_of(text)
        return (day.isoformat(), {}) if day else (None, {name: NO_DATE})
    if field.choices and text not in {value for value, _ in field.choices}:
        return None, {name: NO_CHOICE}
    return text, {}


def _read_rows(field: Field, typed: Typed, name: str) -> tuple[Any, Faults]:
    rows: list[Any] = []
    faults: Faults = {}
    for index in rows_of(typed, name):
        row, wrong = read(field.fields, typed, f"{name}.{index}.")
        rows.append(row)
        faults |= wrong
    return rows or None, faults


def rows_of(typed: Typed, name: str) -> list[int]:
    """The numbers of the rows of a table in which something is filled in."""
    filled = {n[len(name) + 1 :].partition(".")[0] for n, values in typed.items() if n.startswith(f"{name}.")
              and any(value.strip() for value in values)}  # fmt: skip
    return sorted(int(index) for index in filled if index.isascii() and index.isdigit() and len(index) < 4)


def day_of(text: str) -> date | None:
    """The date that was typed: 2024-07-31, 31/7/2024, 31.07.2024; None when it is none."""
    if found := _ISO.fullmatch(text):
        year, month, day = map(int, found.groups())
    elif found := _LOCAL.fullmatch(text):
        day, month, year = map(int, found.groups())
    else:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def is_blank(value: Any) -> bool:
    """Whether nothing is filled in there: no text, no tick, no row."""
    if isinstance(value, Mapping):
        return all(is_blank(below) for below in value.values())
    return value is None or value is False or value in ("", [])


def _text(typed: Typed, name: str) -> str:
    values = typed.get(name, ())
    return values[0].replace("\r\n", "\n").replace("\x00", "").strip() if values else ""


# ── the same again ───────────────────────────────────────────────────────────────────────────────
def renumbered(fields: Iterable[Field], typed: Typed, prefix: str = "") -> dict[str, list[str]]:
    """What was typed with the empty rows of tables taken out, as the document has them."""
    found = {name: list(values) for name, values in typed.items()}
    for field in fields:
        name = prefix + field.name
        if field.kind is Kind.GROUP:
            found = renumbered(field.fields, found, f"{name}.")
        elif field.kind is Kind.ROWS:
            old = {n: v for n, v in found.items() if n.startswith(f"{name}.")}
            found = {n: v for n, v in found.items() if n not in old}
            for index, row in enumerate(rows_of(old, name)):
                start = f"{name}.{row}."
                found |= {f"{name}.{index}.{n[len(start) :]}": v for n, v in old.items() if n.startswith(start)}
    return found


def leaves(fields: Iterable[Field], prefix: str = "") -> Iterator[tuple[str, Field]]:
    """Every field that is filled in by itself, with its dotted name; a table is one."""
    for field in fields:
        if field.kind in BRANCHES:
            yield from leaves(field.fields, f"{prefix}{field.name}.")
        else:
            yield prefix + field.name, field


def part(typed: Typed, name: str) -> dict[str, list[str]]:
    """What was typed in one leaf, spelled alike."""
    return {
        n: [value.replace("\r\n", "\n").strip() for value in values]
        for n, values in typed.items()
        if (n == name or n.startswith(f"{name}.")) and any(value.strip() for value in values)
    }
