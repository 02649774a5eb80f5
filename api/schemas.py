"""The shapes of answers, for the OpenAPI document; they match what `engine.runtime.present` gives.

Keys are decimal strings, instants RFC 3339 in UTC, dates ISO dates in Asia/Ho_Chi_Minh.
"""

from datetime import date, datetime
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, Field

from engine.definition.language import Phase

Key = Annotated[str, Field(pattern="^[1-9][0-9]*$")]
Clock = Literal["running", "paused", "closed"]
Item = TypeVar("Item")


class Page(BaseModel, Generic[Item]):
    """A part of a list; `next` is the cursor of the part that follows, null after the last."""

    items: list[Item]
    next: str | None


class Named(BaseModel):
    code: str
    name: str


class Labelled(BaseModel):
    code: str
    label: str


class Account(BaseModel):
    username: str
    name: str


class Reason(BaseModel):
    """A condition that does not hold, with the rule that says so."""

    code: str
    sentence: str
    citation: str
    mark: str
    remedy: str = Field("", description="What would help")


class RowProblem(BaseModel):
    """What is wrong in a spreadsheet: row as people count them, column by its heading or empty."""

    sheet: str
    row: int
    column: str
    sentence: str


class Problem(BaseModel):
    """Why a request was refused (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    params: dict[str, str | int]
    reasons: list[Reason] = Field([], description="Of a guard")
    lines: dict[str, list[Reason]] = Field({}, description="Of a group: the cases that cannot go, by code")
    fields: dict[str, str] = Field({}, description="Of input: sentences by dotted field")
    rows: list[RowProblem] = Field([], description="Of a spreadsheet: what is wrong, cell by cell")


class StateRef(BaseModel):
    id: str
    label: str


class CaseBrief(BaseModel):
    """A case in a list."""

    id: Key
    code: str
    collection: str
    headline: str
    state: StateRef
    phase: Phase
    version: int
    unit: Named
    authority: Named
    parent: Key | None
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None


class Task(BaseModel):
    """A user task. `days_left`: working days until due (negative: late), or those kept while paused."""

    id: Key
    instance: Key
    kind: Literal["state", "incident"]
    state: str
    todo: str
    role: Labelled
    unit: Named
    assignee: Account | None = Field(description="Whose it is; null: anybody's who holds the role")
    clock: Clock
    due_on: date | None
    due_at: datetime | None
    due_source: str
    days_left: int | None
    days_late: int | None
    opened_at: datetime
    closed_at: datetime | None


class QueuedTask(Task):
    """A task in the work queue, with its case."""

    case: CaseBrief


class Case(CaseBrief):
    """A case with the task that waits; each process adds its dossier."""

    task: Task | None


class Performers(BaseModel):
    """A role that may take an action, where, and who may act in it there now."""

    role: Labelled
    unit: Named
    people: list[str]


class OfferedAction(BaseModel):
    """An action that leaves the state; `reasons` say why the person asking cannot take it yet, `who` could.

    signs: password or code are asked for again.
    """

    action: str
    label: str
    allowed: bool
    reasons: list[Reason]
    warnings: list[Reason]
    form: dict[str, Any] | None = Field(description="JSON Schema of what must be filled in")
    signs: bool
    who: list[Performers]


class ActedFor(BaseModel):
    """Whose power a deputy used, and which paper gave it: "B thay A, giấy ủy quyền số …"."""

    name: str
    capacity: str
    paper: str


class HistoryEntry(BaseModel):
    """One entry of the chained history; `changes` is the dossier's merge patch, `actor` null the system."""

    seq: int
    at: datetime
    actor: str | None
    role: Labelled | None
    for_: ActedFor | None = Field(alias="for")
    action: str
    label: str
    from_: str = Field(alias="from")
    to: str
    changes: dict[str, Any]
    attachment: dict[str, str] | None
    assignee: str | None
    reason: str | None
    warnings: list[Reason]
    request_id: str = Field(description="X-Request-ID of the change; of the clock tick-…, of long work job-…; or empty")
    hash: str


class Attachment(BaseModel):
    id: Key
    kind: str
    name: str
    media_type: str
    size: int
    sha256: str
    edition: int
    added_at: datetime


class Person(BaseModel):
    id: Key
    username: str
    name: str


class Membership(BaseModel):
    role: Labelled
    unit: Named


class MandateInForce(Membership):
    """What the person may do for somebody else; no `powers`: all of the role's."""

    principal: str
    capacity: str
    paper: str
    powers: list[str]


class Me(BaseModel):
    """Who is asking; `now` is the business instant."""

    person: Person
    memberships: list[Membership]
    mandates: list[MandateInForce]
    now: datetime


class Token(BaseModel):
    """An API token. `last_used_at`: to within some minutes; null: never."""

    id: Key
    name: str
    scopes: list[Literal["read", "act", "sign", "administer"]]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


class NewToken(Token):
    """A new token; its secret is shown this once."""

    token: str


class CoverageRow(BaseModel):
    """One obligation of one unit.

    `days_left`: working days left to whoever holds it now; negative when overdue. `days_late`: by how many
    working days the unit handed it in after its due date (0 or less: in time); null before that.
    """

    unit: Named
    process: str
    case: Key
    code: str
    state: StateRef
    phase: Phase
    status: Literal["not_due", "due", "late", "submitted", "returned", "received", "excused", "done"]
    days_left: int | None
    days_late: int | None


class CoverageTotals(BaseModel):
    """`carried_out`: units whose every obligation is received (accepted), done or excused."""

    units: int
    carried_out: int
    percent: int


class Coverage(BaseModel):
    items: list[CoverageRow]
    totals: CoverageTotals


class DueRule(BaseModel):
    """How a deadline comes about. `limits`: the legal rows in force, for the kind legal_limit."""

    kind: Literal["none", "working_days", "legal_limit", "date", "deadline"]
    days: int | None
    field: str | None = Field(description="The field that holds the date: of the dossier, or process.field above it")
    limits: list["Limit"]


class Limit(BaseModel):
    key: str
    working_days: int
    citation: str
    mark: str


class Reminder(BaseModel):
    """`days`: working days from the due date; `every`: repeated after that many, null when it is not."""

    days: int
    every: int | None
    to: list[Labelled]


class StateCard(BaseModel):
    id: str
    label: str
    phase: Phase
    final: bool
    good: bool
    owner: Labelled | None
    todo: str
    due: DueRule
    reminders: list[Reminder]
    edits: list[str]
    pauses: bool
    time_out: str | None


class GuardCard(BaseModel):
    """A condition of a move, with the sentence that a person reads when it does not hold."""

    code: str
    sentence: str


class Move(BaseModel):
    """One way an action may lead; the first whose guards all hold is taken."""

    from_: str = Field(alias="from")
    to: str
    performers: list[Labelled]
    guards: list[GuardCard]


class RuleCard(BaseModel):
    """A check; it blocks or warns as its legal row says."""

    code: str
    severity: str
    blocks: bool
    citation: str
    mark: str


class ActionCard(BaseModel):
    id: str
    label: str
    by: Literal["person", "clock", "message"]
    moves: list[Move]
    rules: list[RuleCard]
    form: dict[str, Any] | None = Field(description="JSON Schema of what must be filled in")
    due: DueRule | None = Field(description="When the clock makes it")
    carries: str | None = Field(description="The action taken on every open case below")


class Place(BaseModel):
    """Below which process an instance may begin (null: below none), and who may begin it there by hand."""

    below: str | None
    by: list[Labelled]


class BeginCard(BaseModel):
    places: list[Place]
    guards: list[GuardCard]


class PaperKind(BaseModel):
    kind: str
    label: str


class DefinitionBrief(BaseModel):
    code: str
    collection: str
    title: str
    version: int
    prefix: str


class Definition(DefinitionBrief):
    """A process definition as it runs."""

    initial: str
    obligation: bool
    begin: BeginCard
    states: list[StateCard]
    actions: list[ActionCard]
    papers: list[PaperKind]
    dossier: dict[str, Any] = Field(description="JSON Schema of the dossier")
