"""The table of rights as people wrote it: docs/rights.csv, one cell for each line of its states."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path

PATH = Path(__file__).parents[2] / "docs" / "rights.csv"
COLUMNS = ("process", "action", "states", "role", "place", "deputy", "duty", "confirm", "without")
SEE = "see"
ANY = "*"


@dataclass(frozen=True, order=True)
class Right:
    """That somebody may do something: `role` held at `place`, on a case in `state`.

    deputy: somebody by a mandate of the holder, too. duty: the duty that the act belongs to. confirm: password
    or code are asked for again. without: the dossier fields that are not shown.
    """

    process: str
    action: str
    state: str
    role: str
    place: str
    deputy: bool
    duty: str
    confirm: bool
    without: tuple[str, ...]

    @property
    def cell(self) -> tuple[str, str, str, str, str]:
        return self.process, self.action, self.state, self.role, self.place


def read(states: dict[str, tuple[str, ...]]) -> frozenset[Right]:
    """The rights in the file; `states`: of each process, for which `*` stands."""
    with PATH.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        assert tuple(reader.fieldnames or ()) == COLUMNS
        lines = list(reader)
    return frozenset(right for line in lines for right in _rights(line, states))


def _rights(line: dict[str, str], states: dict[str, tuple[str, ...]]) -> Iterator[Right]:
    for state in states[line["process"]] if line["states"] == ANY else line["states"].split():
        yield Right(
            line["process"], line["action"], state, line["role"], line["place"], line["deputy"] == "yes", line["duty"],
            line["confirm"] == "yes", tuple(sorted(line["without"].split())),
        )  # fmt: skip


def written(rights: Iterable[Right], states: dict[str, tuple[str, ...]]) -> list[dict[str, str]]:
    """The same as lines of the file, states that share everything else on one line."""
    grouped: dict[tuple[object, ...], list[str]] = {}
    for right in rights:
        rest = tuple(getattr(right, field.name) for field in fields(right) if field.name != "state")
        grouped.setdefault(rest, []).append(right.state)
    lines = []
    for (process, action, role, place, deputy, duty, confirm, without), found in grouped.items():
        order = states[str(process)]
        of_all = set(found) >= set(order)
        shown = ANY if of_all else " ".join(sorted(found, key=lambda s: order.index(s) if s in order else -1))
        lines.append(
            dict(
                zip(
                    COLUMNS,
                    (process, action, shown, role, place, _yes(deputy), duty, _yes(confirm), " ".join(without)),  # type: ignore[arg-type]
                    strict=True,
                )
            )
        )
    return lines


def _yes(value: object) -> str:
    return "yes" if value else ""
