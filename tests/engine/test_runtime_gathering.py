"""Cases loaded together are as those loaded one by one."""

from pathlib import Path

from sqlalchemy import select, update

from engine.runtime.database import Statement, Transaction
from engine.runtime.gathering import load_cases
from engine.runtime.schema import instance, person, user_task
from engine.runtime.snapshots import load_case
from tests.web.busy import open_busy


def test_cases_loaded_together_are_as_those_loaded_one_by_one(tmp_path: Path) -> None:
    """With papers, duties, tờ trình and campaign above, twins found by their facts, and somebody's task, a
    slip that is being answered."""
    with open_busy(tmp_path / "demo") as busy:
        _, first, second, third = busy.propose("Đặng Ánh", "Đặng Ánh", "Lê Hoa", head="tt.donvi1")
        busy.bring_to_the_chair(first)
        report = {"part": "BAO_CAO_THANH_TICH", "fault": "wrong_form"}
        busy.act("chuyenvien", f"award-proposals/{third}", "request_supplement", items=[report])
        busy.attach("donvi1", f"award-proposals/{third}", "BAO_CAO_THANH_TICH")
        engine = busy.place.engine

        def give(tx: Transaction) -> None:
            of_appraiser = select(person.c.id).where(person.c.username == "chuyenvien").scalar_subquery()
            taken = update(user_task).where(user_task.c.instance_id == int(second)).values(assignee_id=of_appraiser)
            tx.run(Statement(taken))

        engine.writer.call(give)
        with engine.database.read() as tx:
            work = engine.work(tx)
            rows = tx.all(Statement(select(instance)))
            together = load_cases(work, rows)
            alone = {row["id"]: load_case(work, row) for row in rows}

    assert together == alone
    assert together[int(second)].assignee is not None
    assert together[int(second)].found["same_name"]
    assert together[int(first)].involved
    assert together[int(third)].changed == {"BAO_CAO_THANH_TICH"}
    assert together[int(first)].papers() >= {"TO_TRINH", "BAO_CAO_THANH_TICH"}
    assert len(together[1].children) > 60  # what the campaign has started
