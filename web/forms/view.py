"""A form as its template shows it: fields, what stands in them, what is wrong with them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from starlette.datastructures import FormData

from web.forms.fields import BRANCHES, Field, Kind
from web.forms.merging import Both
from web.forms.typed import Faults, Typed, day_of, leaves, rows_of

HAS_FIELD = "_has"
"""Names, with commas, the fields that a form has: what it does not have, it does not empty."""
MORE_FIELD = "_more"
"""Asks for more empty rows and nothing else."""
SPARE_ROWS = 3
WHOLE = "body"
Translate = Callable[..., str]


@dataclass(frozen=True, slots=True)
class FormView:
    """A form. faults: dotted field → sentence, placed where the form shows them; summary: the same with the field's
    name before it. theirs: what others have changed meanwhile. spare: empty rows below those of a table.
    """

    fields: tuple[Field, ...]
    typed: Typed
    faults: Faults = field(default_factory=dict)
    summary: Faults = field(default_factory=dict)
    theirs: tuple[Both, ...] = ()
    spare: int = SPARE_ROWS

    @property
    def has(self) -> str:
        return ",".join(one.name for one in self.fields)

    def value(self, name: str) -> str:
        """What stands in a field."""
        values = self.typed.get(name, ())
        return values[0] if values else ""

    def is_day(self, name: str) -> bool:
        """Whether a browser's own date field can show it: others would show it as empty."""
        value = self.value(name)
        return not value or (len(value) == 10 and value[4] == value[7] == "-" and day_of(value) is not None)

    def holds(self, name: str, value: str) -> bool:
        """Whether that choice is made there."""
        return value in self.typed.get(name, ())

    def rows(self, name: str) -> range:
        """The rows of a table: those with something in them, and some to fill in."""
        return range(len(rows_of(self.typed, name)) + self.spare)


def typed_in(form: FormData) -> dict[str, list[str]]:
    """What a browser has sent, without files."""
    found: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        if isinstance(value, str):
            found.setdefault(name, []).append(value)
    return found


def over(fields: Iterable[Field], sent: Typed, seen: Typed) -> dict[str, list[str]]:
    """What was sent of these fields; where the sender's form did not have a field, what stood there."""
    listed = sent.get(HAS_FIELD)
    names = {name.partition(".")[0] for name in sent} if listed is None else set(",".join(listed).split(","))
    wanted = {one.name for one in fields}
    found = {n: list(values) for n, values in sent.items() if n.partition(".")[0] in names & wanted}
    return found | {n: list(values) for n, values in seen.items() if n.partition(".")[0] in wanted - names}


def placed(fields: tuple[Field, ...], faults: Mapping[str, str], tr: Translate) -> tuple[Faults, Faults]:
    """The faults where the form can show them, and the same as lines of a summary."""
    at_fields: Faults = {}
    summary: Faults = {}
    for name, sentence in faults.items():
        if any(other.startswith(f"{name}.") for other in faults):
            continue  # what is wrong in it says more
        place, label, line = _place(fields, name.split("."))
        said = tr("Dòng {n}: {sentence}", n=line, sentence=tr(sentence)) if line else tr(sentence)
        at_fields.setdefault(place, said)
        summary.setdefault(place, tr("{field}: {sentence}", field=tr(label), sentence=said) if label else said)
    order = [name for name, _ in leaves(fields)]
    return at_fields, {place: summary[place] for place in sorted(summary, key=lambda place: _nth(order, place))}


def _nth(order: list[str], place: str) -> tuple[int, str]:
    """Where a place stands in the form."""
    is_there = (place == name or place.startswith(f"{name}.") or name.startswith(f"{place}.") for name in order)
    return next((n for n, found in enumerate(is_there) if found), len(order)), place


def _place(fields: tuple[Field, ...], parts: list[str], prefix: str = "") -> tuple[str, str, int]:
    """The dotted name of the field that shows a fault, its label, and the line in it; the whole form otherwise."""
    found = next((one for one in fields if one.name == parts[0]), None)
    if found is None:
        return prefix.rstrip(".") or WHOLE, "", 0
    name, rest = prefix + found.name, parts[1:]
    if found.kind is Kind.LINES and rest and rest[0].isdigit():
        return name, found.label, int(rest[0]) + 1
    if found.kind is Kind.ROWS and len(rest) > 1 and rest[0].isdigit():
        place, label, _ = _place(found.fields, rest[1:], f"{name}.{rest[0]}.")
        return place, label or found.label, int(rest[0]) + 1
    if found.kind in BRANCHES and rest:
        place, label, line = _place(found.fields, rest, f"{name}.")
        return place, label or found.label, line
    return name, found.label, 0
