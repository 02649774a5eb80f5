"""Extending a campaign moves its dates on and never back."""

from datetime import date
from typing import Any

import pytest

from engine.definition.decide import SYSTEM, Act, decide
from engine.errors import GuardUnmet
from tests.workflows.cases import MODELS
from tests.workflows.test_guards import PLAN, campaign

LETTER = {"number": "02/QĐ-UBND", "signed_on": "2024-10-14"}
MOVED = {"ends_on": "2025-05-20", "reports_due_on": "2025-05-27", "summary_due_on": "2025-06-17"}


def extend(**dates: str) -> Any:
    form = {"extension": LETTER, **MOVED, **dates}
    return decide(MODELS["campaign"], campaign(), Act("extend", SYSTEM, {}, form)).case.dossier


def test_an_extension_moves_every_date() -> None:
    after = extend()

    assert (after.ends_on, after.reports_due_on, after.summary_due_on) == (
        date(2025, 5, 20), date(2025, 5, 27), date(2025, 6, 17),
    )  # fmt: skip


def test_a_date_may_stay_where_it_is() -> None:
    assert PLAN.ends_on is not None
    assert extend(ends_on=PLAN.ends_on.isoformat()).ends_on == PLAN.ends_on


@pytest.mark.parametrize(
    "dates",
    [
        {"ends_on": "2025-05-12"},  # in order, from today on, and yet a day less than was promised
        {"ends_on": "2025-05-13", "reports_due_on": "2025-05-19"},
        {"summary_due_on": "2025-06-09"},
    ],
)
def test_an_extension_that_shortens_is_refused_with_the_reason(dates: dict[str, str]) -> None:
    with pytest.raises(GuardUnmet) as refused:
        extend(**dates)

    assert [reason.code for reason in refused.value.reasons] == ["nothing_shortened"]
