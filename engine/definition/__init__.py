"""The language that process files are written in; they import from here and nowhere else in the engine."""

from engine.definition.case import Case, Document, PastDay, Relative
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
    RESCHEDULE,
    Begin,
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
from engine.definition.words import fold, local_day
from engine.office.law import LegalRow, Mark
from engine.office.organisation import Unit

__all__ = [
    "AT_DEADLINE",
    "NO_DEADLINE",
    "RESCHEDULE",
    "Begin",
    "Case",
    "Document",
    "End",
    "Fact",
    "Find",
    "LegalRow",
    "Mark",
    "PastDay",
    "Phase",
    "Process",
    "ProcessModel",
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
    "fold",
    "guard",
    "local_day",
    "process",
    "timer",
    "until",
    "within",
    "working_days",
]
