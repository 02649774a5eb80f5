"""What pages and receipts tell of a case, as its process declares it: they know no process by name."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.definition.case import Case


@dataclass(frozen=True, slots=True)
class Outline:
    """What is empty or None a process leaves untold. Fields of the dossier are dotted where they lie deeper.

    gist: the fields that a line of a list tells beside the headline. verdict, grounds: the fields that say how the
    case was judged, and why. handed_in: the field that says when its unit handed it in; such a case has a receipt,
    and an action that stamps the field and fills in a form leaves there the letter with which it came.
    goes_up: whether the case is decided above its authority; where it is not, it has no such stage.
    takes: from the dossier, whether anything can be begun below the case at present.
    """

    gist: tuple[str, ...] = ()
    verdict: str = ""
    grounds: str = ""
    handed_in: str = ""
    goes_up: Callable[[Case[Any]], bool] | None = None
    takes: Callable[[Any], bool] | None = None

    @property
    def fields(self) -> tuple[str, ...]:
        """Every field that it names, dotted."""
        return tuple(filter(None, (*self.gist, self.verdict, self.grounds, self.handed_in)))


NO_OUTLINE = Outline()
