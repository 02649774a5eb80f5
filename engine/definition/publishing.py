"""What anybody may read of a case, as facts that its process writes: nothing else of it is ever made public.

A process gives `facts_of(Published(…))` among its facts for as long as the public may read of a case, and leaves them
out otherwise. Names and words that somebody has not agreed to see published are not in them at all, so that no
search can find them.
"""

import json
from dataclasses import asdict, dataclass
from datetime import date

from engine.definition.documents import canonical
from engine.definition.language import Fact
from engine.definition.words import fold

SHOWN, DAY, AWARD, KIND, SEARCH, EXEMPLAR = (
    "public", "public.day", "public.award", "public.kind", "public.search", "public.exemplar",
)  # fmt: skip
"""Keys of the facts: all that is shown, as JSON; the day of the decision; what lists filter by and search in."""
LONGEST_SUMMARY = 1500


@dataclass(frozen=True, slots=True)
class Published:
    """A commendation as the public reads it.

    signed_on, number: of the decision. name: empty for who stays unnamed; then title and summary are empty too, and
    `unnamed` says what stands in its place. is_exemplar: they agreed that name and achievement are shown to others.
    handed_in_on: when the proposal was handed in, where it is known. Labels are as they were when it was decided.
    """

    signed_on: date
    number: str
    award: str
    award_label: str
    kind: str
    kind_label: str
    name: str = ""
    unnamed: str = ""
    title: str = ""
    summary: str = ""
    is_exemplar: bool = False
    is_direct_worker: bool = False
    is_individual: bool = False
    campaign: str = ""
    handed_in_on: date | None = None


def facts_of(shown: Published) -> tuple[Fact, ...]:
    """The facts by which the public finds and reads it."""
    summary = shown.summary
    if len(summary) > LONGEST_SUMMARY:
        summary = f"{summary[:LONGEST_SUMMARY].rsplit(maxsplit=1)[0]} …"
    dates = {
        "signed_on": shown.signed_on.isoformat(),
        "handed_in_on": shown.handed_in_on.isoformat() if shown.handed_in_on else "",
    }
    return (
        Fact(SHOWN, canonical({**asdict(shown), "summary": summary, **dates})),
        Fact(DAY, shown.signed_on.isoformat()),
        Fact(AWARD, shown.award),
        Fact(KIND, shown.kind),
        Fact(SEARCH, fold(f"{shown.name} {shown.number}")),
        *((Fact(EXEMPLAR, shown.award),) if shown.is_exemplar else ()),
    )


def read(text: str) -> Published:
    """What the fact `SHOWN` holds."""
    given = json.loads(text)
    handed_in = given["handed_in_on"]
    dates = {
        "signed_on": date.fromisoformat(given["signed_on"]),
        "handed_in_on": date.fromisoformat(handed_in) if handed_in else None,
    }
    return Published(**{**given, **dates})
