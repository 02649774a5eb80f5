"""The demo as a stranger meets it: four weeks into the campaign, with work on every desk."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from engine.runtime.history import verify
from engine.runtime.schema import incident
from notifications.schema import message
from tests.model_customer import Demo, opened


@pytest.fixture(scope="module")
def after_story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demo as a stranger meets it; for tests that only look."""
    with opened(tmp_path_factory.mktemp("demo") / "story", story=True) as demo:
        yield demo


def test_after_the_story_work_stands_at_every_desk(after_story: Demo) -> None:
    counts = after_story.counts()

    assert after_story.now == "2024-08-06 09:00"
    assert {state: n for (process, state), n in counts.items() if process == "ward_plan"} == {
        "in_progress": 1, "acknowledged": 1, "checked": 1, "returned": 1, "drafted": 1, "to_start": 1,
    }  # fmt: skip
    proposals = {state: n for (process, state), n in counts.items() if process == "award_proposal"}
    assert proposals == {
        "drafted": 2, "directed": 1, "submitted": 1, "received": 2, "supplement_requested": 1, "signing": 1,
        "appraised": 1, "cleared": 2, "council_reviewed": 4, "ward_review": 1, "approved": 1, "notified": 1,
        "awarded": 2, "archived": 1, "rejected": 1, "returned": 1,
    }  # fmt: skip
    assert [bool(_tasks(after_story, who)) for who in BUSY] == [True] * len(BUSY)


BUSY = (
    "phuong4", "ct.phuong3", "phuong6", "donvi7", "donvi15", "chuyenvien", "chuyenvien2", "truongphong", "thuky",
    "chutich", "phochutich", "vanthu", "ct.phuong1", "phuong1",
)  # fmt: skip


def _tasks(demo: Demo, who: str) -> list[Any]:
    found: list[Any] = demo.client.get("/api/v1/tasks?for=me", headers=demo.bearer(who)).json()["items"]
    return found


def test_the_story_leaves_a_whole_history_and_one_mailbox_that_refused(after_story: Demo) -> None:
    refused = after_story.rows(select(message.c.address, message.c.state).where(message.c.state != "sent").distinct())

    assert refused == [("tt.donvi23@duongkinh.example", "failed")]
    troubles = [what for (what,) in after_story.rows(select(incident.c.what))]
    assert [what.startswith("Không gửi được thư") for what in troubles] == [True]
    with after_story.place.engine.database.read() as tx:
        assert list(verify(tx)) == []
