"""The language that process files are written in; they import from here and nowhere else in the engine."""

from engine.definition.case import Asked, Case, Document, PastDay, Relative
from engine.definition.choices import Choice
from engine.definition.compile import process
from engine.definition.deadlines import (
    AT_DEADLINE,
    NO_DEADLINE,
    Rung,
    at_start_of,
    until,
    within,
    working_days,
)
from engine.definition.language import (
    EDIT,
    RESCHEDULE,
    START,
    Begin,
    Duty,
    End,
    Fact,
    Find,
    Phase,
    Process,
    Register,
    Role,
    Rule,
    Seat,
    Send,
    Start,
    Task,
    Tell,
    To,
    action,
    guard,
    timer,
)
from engine.definition.model import ProcessModel
from engine.definition.outline import Outline
from engine.definition.publishing import Published, facts_of
from engine.definition.words import fold, local_day
from engine.office.law import LegalRow, Mark
from engine.office.organisation import Unit

__all__ = [
    "AT_DEADLINE",
    "EDIT",
    "NO_DEADLINE",
    "RESCHEDULE",
    "START",
    "Asked",
    "Begin",
    "Case",
    "Choice",
    "Document",
    "Duty",
    "End",
    "Fact",
    "Find",
    "LegalRow",
    "Mark",
    "Outline",
    "PastDay",
    "Phase",
    "Process",
    "ProcessModel",
    "Published",
    "Register",
    "Relative",
    "Role",
    "Rule",
    "Rung",
    "Seat",
    "Send",
    "Start",
    "Task",
    "Tell",
    "To",
    "Unit",
    "action",
    "at_start_of",
    "facts_of",
    "fold",
    "guard",
    "local_day",
    "process",
    "timer",
    "until",
    "within",
    "working_days",
]
