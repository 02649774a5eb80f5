"""What somebody takes away of a job: the file that it has made, or what became of its rows as a table."""

from dataclasses import dataclass

from sqlalchemy import bindparam, select

from engine.administration.workbook import Sheet
from engine.definition.performing import Actor
from engine.errors import InvalidInput, NotFound
from engine.jobs.exports import MEDIA_TYPES, csv_of
from engine.jobs.orders import HATS, MOST_ROWS, Kind, hats_of
from engine.jobs.reading import Outcome, job_of, rows_of
from engine.runtime.database import Statement
from engine.runtime.schema import job
from engine.runtime.work import Work

WORDS = {
    Outcome.WAITING: "chưa thực hiện",
    Outcome.DONE: "đã thực hiện",
    Outcome.REFUSED: "bị từ chối",
    Outcome.FAILED: "lỗi",
}
RIGHTS_CHANGED = "Vai trò của bạn đã thay đổi sau khi xuất nên không lấy được tệp này; hãy xuất lại danh sách."
COLUMNS = ("Dòng", "Nội dung", "Kết quả", "Giải thích", "Mã hồ sơ")

_CONTENT = Statement(select(job.c.content).where(job.c.id == bindparam("which")))


@dataclass(frozen=True, slots=True)
class File:
    """The bytes of a file, with the name to save it under."""

    name: str
    media_type: str
    content: bytes


def file_of(work: Work, actor: Actor, job_id: int) -> File:
    """What the actor's job has exported, or a CSV of its rows as far as they have come.

    Raises:
        NotFound: no such job of the actor, or an export that has made no file.
        InvalidInput: the actor's memberships or mandates are no longer those with which the file was ordered.
    """
    given = job_of(work, actor, job_id)
    if given["kind"] != Kind.EXPORT:
        return File(f"tac-vu-{job_id}.csv", MEDIA_TYPES["csv"], csv_of(_table(work, job_id)))
    if given["params"].get(HATS) != hats_of(actor):
        raise InvalidInput({"file": RIGHTS_CHANGED})
    row = work.tx.one(_CONTENT, which=job_id)
    if row is None or row["content"] is None:
        raise NotFound(what=f"tệp kết quả của tác vụ số {job_id}")
    return File(given["file"], given["media_type"], bytes(row["content"]))


def _table(work: Work, job_id: int) -> Sheet:
    rows = rows_of(work, job_id, 0, MOST_ROWS)
    return Sheet(
        "Kết quả",
        COLUMNS,
        [
            (str(row["position"]), row["what"], WORDS[row["outcome"]], row["sentence"], (row["case"] or {}).get("code"))
            for row in rows
        ],
    )
