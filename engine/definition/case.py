"""What guards, rules and deadlines may see of an instance: a frozen snapshot, complete before deciding."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar

from pydantic import BaseModel

from engine.instants import local_date
from engine.office.calendar import WorkingCalendar
from engine.office.law import LawBook
from engine.office.organisation import Unit

if TYPE_CHECKING:
    from engine.definition.language import Guard

D = TypeVar("D", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class NotAfterToday:
    """Marks a date of a form that cannot lie ahead: of a paper that is signed, of what has happened."""


PastDay = Annotated[date, NotAfterToday()]


@dataclass(frozen=True, slots=True)
class Document:
    """An attached paper: its kind in the law's terms, and the hash that names its content."""

    kind: str
    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A part of a dossier that somebody is asked to put right: a field, or a kind of paper, and what is wrong."""

    part: str
    fault: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Relative:
    """Another case as seen from this one: the parent's line, a child, or one found by a fact."""

    id: int
    process: str
    code: str
    state: str
    phase: str
    is_open: bool
    unit: Unit
    dossier: Mapping[str, Any] = field(default_factory=dict)
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True)
class Assignee:
    """Whose the open task is, when it is one person's among those who hold its role."""

    person_id: int
    name: str


@dataclass(frozen=True)  # no slots: `but` copies the dictionary
class Case(Generic[D]):
    """One instance, frozen. `now` is aware UTC; `today` is its date in Asia/Ho_Chi_Minh.

    ancestors: the cases above it by process code. found: what the declared needs gave, by name.
    children: the cases directly below it, when the process declares that it needs them. involved: the
    duties that each person has had on it, by the person's key. changed: of what the open task asks for
    (`asked=`), the fields and kinds of paper that are not as they were when it opened.
    earlier: for guards that are asked after an action's form was written: the dossier before it.
    """

    id: int
    code: str
    process: str
    state: str
    version: int
    dossier: D
    unit: Unit
    authority: Unit
    now: datetime
    calendar: WorkingCalendar
    law: LawBook
    ancestors: Mapping[str, Relative] = field(default_factory=dict)
    documents: tuple[Document, ...] = ()
    found: Mapping[str, tuple[Relative, ...]] = field(default_factory=dict)
    children: tuple[Relative, ...] = ()
    units: tuple[Unit, ...] = ()
    involved: Mapping[int, frozenset[str]] = field(default_factory=dict)
    assignee: Assignee | None = None
    changed: frozenset[str] = frozenset()
    earlier: D | None = None

    @property
    def today(self) -> date:
        return local_date(self.now)

    def but(self, **changes: Any) -> "Case[D]":
        """The same case with other values in some fields, as `dataclasses.replace` gives it at ten times the cost."""
        assert changes.keys() <= self.__dict__.keys(), "a case has these fields and no others"
        changed: Case[D] = object.__new__(type(self))
        changed.__dict__.update(self.__dict__, **changes)
        return changed

    def answer(self, guard: "Guard") -> bool:
        """Whether the guard holds for this case.

        Raises:
            TypeError: it answered neither True nor False; a coroutine, say, would count as true.
        """
        holds = guard.function(self)
        if not isinstance(holds, bool):
            raise TypeError(f"guard {guard.name} answered {holds!r}, neither True nor False")
        return holds

    def papers(self) -> frozenset[str]:
        """The kinds of paper on this case and on every case above it."""
        above = (document for relative in self.ancestors.values() for document in relative.documents)
        return frozenset(document.kind for document in (*self.documents, *above))

    def field(self, path: str) -> Any:
        """The value at "field" of this dossier or "process.field" of an ancestor's; None when absent."""
        process, _, name = path.rpartition(".")
        if process:
            above = self.ancestors.get(process)
            return above.dossier.get(name) if above else None
        return getattr(self.dossier, name)
