"""The law book: every legal number and rule with its citation, its dates and how sure it is."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from api.dependencies import EngineDep, Secret, looking
from api.documentation import Bodies
from api.errors import documented
from api.routes.administration.changes import Change, add
from api.routes.administration.days import Day
from api.routes.collection import answer
from api.schemas import Key, Page
from engine.administration import law
from engine.administration.forms import Confirmation, NewLegalRow
from engine.errors import InvalidInput, NotAuthenticated


class LegalRowAnswer(BaseModel):
    """A dated row. `mark`: V read in its source, S seen once, U unverified, D the product's own.

    may_block: a rule that is neither verified nor confirmed only warns.
    """

    id: Key
    kind: str
    key: str
    value: dict[str, Any]
    citation: str
    mark: str
    valid_from: date
    valid_to: date | None
    may_block: bool
    confirmed_by: str | None
    confirmed_at: datetime | None
    confirmation: str = Field(description="What was read by whoever confirmed it")


def routes(bodies: Bodies) -> APIRouter:
    """The routes of the law book."""
    router = APIRouter(prefix="/legal-rows", tags=["law"])
    _list(router)
    add(
        router,
        bodies,
        Change(
            operation="legal_rows_add", path="", form=NewLegalRow, shown=LegalRowAnswer, status=201,
            summary="Thêm quy định từ một ngày; dòng đang có kết thúc ngày trước đó",
            perform=lambda desk, _, form: law.add(desk, form),
        ),
        Change(
            operation="legal_rows_confirm", path="/{id}/confirmation", form=Confirmation, shown=LegalRowAnswer,
            summary="Xác nhận quy định chưa kiểm chứng, kèm nguồn đã đọc",
            perform=lambda desk, key, form: law.confirm(desk, int(key), form),
        ),
        Change(
            operation="legal_rows_withdraw", path="/{id}/confirmation", method="DELETE", shown=LegalRowAnswer,
            summary="Hủy xác nhận", perform=lambda desk, key, _: law.withdraw(desk, int(key)),
        ),
    )  # fmt: skip
    return router


def _list(router: APIRouter) -> None:
    @router.get(
        "",
        operation_id="legal_rows_list",
        summary="Số liệu và quy tắc pháp lý: time_limit, rule, authority, vote_policy, movement",
        response_model=Page[LegalRowAnswer],
        responses=documented(NotAuthenticated, InvalidInput),
    )
    def list_legal_rows(
        engine: EngineDep,
        secret: Secret,
        kind: Annotated[str | None, Query(max_length=40)] = None,
        on: Annotated[Day, Query(description="Only rows in force on that date")] = None,
    ) -> Response:
        """All rows at once: there are a few dozen."""
        with looking(engine, secret) as (work, _):
            return answer({"items": law.rows(work.tx, kind=kind, on=on), "next": None})
