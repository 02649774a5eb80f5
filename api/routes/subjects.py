"""Personal data of nominees: masked, set, opened with a reason, searched, copied out, corrected; and one's own.

Nothing here takes an idempotency key: what holds personal data is never stored for a repeat, nor its digest,
from which twelve digits could be found by trying. A repeat of a change is refused by its If-Match.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from starlette.responses import Response

from api.bodies import body_of
from api.dependencies import IF_MATCH, Asked, CaseId, EngineDep, Secret, answered, change_headers, looking, reply
from api.documentation import Bodies
from api.errors import BODY, documented
from api.reasons import ReasonWish
from api.routes.collection import CHANGE, READ, Collection, answer
from api.schemas import CaseBrief, Key, Named, Page
from engine.definition.documents import canonical
from engine.definition.performing import Actor
from engine.errors import (
    ConfirmationNeeded,
    GuardUnmet,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    NotPerformer,
    ScopeMissing,
    Unavailable,
)
from engine.privacy import account_data, circle, disclosures, person_rights, subjects
from engine.runtime import commands
from engine.runtime.accounts import Scope
from engine.runtime.database import Row
from engine.runtime.present import whole
from engine.runtime.service import Answer, Asking, Engine, check_version
from engine.runtime.work import Work

NUMBER_ALONE = r"^[0-9]{12}$"
STAFF_CODE = r"^[0-9A-Za-zÀ-ỹ][0-9A-Za-zÀ-ỹ ./_-]{0,39}$"
PUT = documented(*CHANGE, *BODY)
OPEN = documented(
    NotAuthenticated, ConfirmationNeeded, ScopeMissing, NotPerformer, NotFound, InvalidInput, *BODY, Unavailable
)  # fmt: skip
IdentityNumber = Annotated[str, Field(title="Số định danh cá nhân", pattern=NUMBER_ALONE)]
Change = Callable[[Work, Row, Actor], Row]


class SubjectWish(BaseModel, json_schema_extra={"minProperties": 1}):
    """What is to be kept; an absent field stays as it is, null empties it."""

    identity_number: IdentityNumber | None = None
    birth_date: date | None = Field(None, title="Ngày sinh")


class SearchWish(ReasonWish):
    identity_number: IdentityNumber


class ExportWish(ReasonWish, json_schema_extra={"minProperties": 2, "maxProperties": 2}):
    """One of `staff_code` and `identity_number`."""

    staff_code: Annotated[str, Field(pattern=STAFF_CODE)] = ""
    identity_number: Annotated[str, Field(pattern=NUMBER_ALONE)] = ""


class CorrectionWish(ReasonWish, json_schema_extra={"minProperties": 2}):
    """What is right; an absent field stays as it is."""

    name: Annotated[str, Field(min_length=2, max_length=200)] = ""
    position: Annotated[str, Field(max_length=200)] = ""
    birth_year: Annotated[int, Field(ge=1900, le=2100)] | None = None
    public_consent: bool = Field(False, description="Whether name and achievement may be published")


class MaskedSubject(BaseModel):
    """That something is known, never what: `•••• •••• 1234`, `••/••/••••`."""

    identity_number: str | None
    birth_date: str | None


class OpenSubject(BaseModel):
    identity_number: str | None
    birth_date: date | None


class Disclosure(BaseModel):
    """Somebody opened (unmask), copied out (export) or searched sealed data."""

    at: datetime
    by: str
    what: Literal["unmask", "export", "search"]
    reason: str


class CopiedCase(BaseModel):
    """What one case holds about its nominee; `subject` is masked where the asker may not open it."""

    case: CaseBrief
    dossier: dict[str, Any]
    subject: MaskedSubject
    disclosures: list[Disclosure]


class Copy(BaseModel):
    cases: list[CopiedCase]


class AccountPerson(BaseModel):
    id: Key
    username: str
    name: str
    mail: str
    staff_code: str | None


class AccountMembership(BaseModel):
    role: str
    unit: Named
    from_: date = Field(alias="from")
    to: date | None


class AccountData(BaseModel):
    """`counts`: how many rows of each further kind are about the account."""

    person: AccountPerson
    memberships: list[AccountMembership]
    counts: dict[str, int]


def routes(bodies: Bodies) -> APIRouter:
    """What is asked across cases, and about one's own account."""
    router = APIRouter(tags=["subjects"])
    _search(router, bodies)
    _export(router, bodies)
    _my_data(router)
    return router


def add(place: Collection) -> None:
    """The routes of a process whose cases propose somebody; others have none."""
    if circle.has_nominee(place.model):
        _get(place)
        _put(place)
        _disclose(place)
        _disclosures(place)
        _correct(place)


def _get(place: Collection) -> None:
    @place.router.get(
        f"{place.one}/subject",
        operation_id=place.operation("subject"),
        summary="Số định danh, ngày sinh của đối tượng, đã che",
        response_model=MaskedSubject,
        responses=READ,
    )
    def subject(engine: EngineDep, secret: Secret, case_id: CaseId) -> Response:
        """For the roles of the own unit and of the appraising office; for everybody else there is none."""
        with looking(engine, secret) as (work, actor):
            row = commands.load(work, place.model, int(case_id), actor)
            return answer(subjects.masked(work, place.model, row, actor))


def _put(place: Collection) -> None:
    @place.router.put(
        f"{place.one}/subject",
        operation_id=place.operation("set_subject"),
        summary="Ghi số định danh, ngày sinh của đối tượng",
        response_model=MaskedSubject,
        responses=PUT,
        openapi_extra={**place.bodies.body(f"{place.name}Subject", SubjectWish), **change_headers(IF_MATCH)},
    )
    async def put_subject(
        engine: EngineDep, asked: Asked, case_id: CaseId, wish: Annotated[SubjectWish, Depends(body_of(SubjectWish))]
    ) -> Response:
        """While you may edit the case. Sealed at once; the history says that it was set, never what."""
        given = wish.model_dump(exclude_unset=True)
        if not given:
            raise InvalidInput({"body": "Nêu ít nhất một mục: identity_number, birth_date."})

        def perform(work: Work, actor: Actor) -> Answer:
            row = commands.load(work, place.model, int(case_id), actor)
            check_version(row, asked)
            moved = subjects.put(work, engine.vault, place.model, row, given, actor)
            shown = subjects.masked(work, place.model, moved, actor)
            return Answer(200, canonical(shown), f'"{moved["version"]}"')

        return await _changed(engine, asked, perform)


def _disclose(place: Collection) -> None:
    @place.router.post(
        f"{place.one}/subject/disclosure",
        operation_id=place.operation("disclose_subject"),
        summary="Xem số định danh, ngày sinh, có ghi lý do",
        response_model=OpenSubject,
        responses=OPEN,
        openapi_extra=place.bodies.body(f"{place.name}Disclosure", ReasonWish),
    )
    async def disclose(
        engine: EngineDep, asked: Asked, case_id: CaseId, wish: Annotated[ReasonWish, Depends(body_of(ReasonWish))]
    ) -> Response:
        """In this answer and nowhere else. Asks for password or code again; who looked and why is recorded."""

        def perform(work: Work, actor: Actor) -> Answer:
            row = commands.load(work, place.model, int(case_id), actor)
            found = disclosures.disclose(work, engine.vault, place.model, row, wish.reason, actor)
            return Answer(200, canonical(found))

        return await _changed(engine, asked, perform, Scope.SIGN)


def _disclosures(place: Collection) -> None:
    @place.router.get(
        f"{place.one}/disclosures",
        operation_id=place.operation("disclosures"),
        summary="Ai đã xem, cấp bản sao dữ liệu cá nhân, vì sao",
        response_model=Page[Disclosure],
        responses=READ,
    )
    def list_disclosures(engine: EngineDep, secret: Secret, case_id: CaseId) -> Response:
        """For the own unit, the administrator and the auditor."""
        with looking(engine, secret) as (work, actor):
            row = commands.load(work, place.model, int(case_id), actor)
            return answer({"items": disclosures.listed(work, place.model, row, actor), "next": None})


def _correct(place: Collection) -> None:
    @place.router.post(
        f"{place.one}/correction",
        operation_id=place.operation("correct"),
        summary="Cải chính họ tên, chức vụ, năm sinh của đối tượng; cho hoặc rút đồng ý công khai",
        responses={**documented(*CHANGE, GuardUnmet, *BODY), **place.answers()},
        openapi_extra={**place.bodies.body(f"{place.name}Correction", CorrectionWish), **change_headers(IF_MATCH)},
    )
    async def correct(
        engine: EngineDep,
        asked: Asked,
        case_id: CaseId,
        wish: Annotated[CorrectionWish, Depends(body_of(CorrectionWish))],
    ) -> Response:
        """In any state, by the own unit or the appraising office; award and state stay as they are."""
        given = wish.model_dump(exclude_unset=True, exclude={"reason"})
        if not given:
            raise InvalidInput({"body": "Nêu ít nhất một mục: name, position, birth_year, public_consent."})

        def change(work: Work, row: Row, actor: Actor) -> Row:
            return person_rights.correct(work, place.model, row, given, wish.reason, actor)

        return await change_case(place, engine, asked, case_id, change)


def _search(router: APIRouter, bodies: Bodies) -> None:
    @router.post(
        "/subjects/search",
        operation_id="subjects_search",
        summary="Tìm hồ sơ trùng theo số định danh",
        response_model=Page[CaseBrief],
        responses=OPEN,
        openapi_extra=bodies.body("SubjectSearch", SearchWish),
    )
    async def search(
        engine: EngineDep, asked: Asked, wish: Annotated[SearchWish, Depends(body_of(SearchWish))]
    ) -> Response:
        """For appraising offices; recorded with its reason, without the number."""

        def perform(work: Work, actor: Actor) -> Answer:
            found = disclosures.search(work, engine.vault, wish.identity_number, wish.reason, actor)
            return Answer(200, canonical({"items": found, "next": None}))

        return await _changed(engine, asked, perform)


def _export(router: APIRouter, bodies: Bodies) -> None:
    @router.post(
        "/subjects/export",
        operation_id="subjects_export",
        summary="Bản sao dữ liệu về một người được đề nghị",
        response_model=Copy,
        responses=OPEN,
        openapi_extra=bodies.body("SubjectExport", ExportWish),
    )
    async def export(
        engine: EngineDep, asked: Asked, wish: Annotated[ExportWish, Depends(body_of(ExportWish))]
    ) -> Response:
        """All that your cases hold about that person, for the person. Asks for password or code again."""
        if bool(wish.staff_code) is bool(wish.identity_number):
            raise InvalidInput({"body": "Nêu đúng một mục: staff_code hoặc identity_number."})

        def perform(work: Work, actor: Actor) -> Answer:
            found = person_rights.export(
                work, engine.vault, wish.reason, actor,
                staff_code=wish.staff_code, identity_number=wish.identity_number,
            )  # fmt: skip
            return Answer(200, canonical(found))

        return await _changed(engine, asked, perform, Scope.SIGN)


def _my_data(router: APIRouter) -> None:
    @router.get(
        "/me/data",
        operation_id="my_data",
        summary="Dữ liệu hệ thống lưu về tài khoản của tôi",
        response_model=AccountData,
        responses=documented(NotAuthenticated, InvalidInput),
    )
    def my_data(engine: EngineDep, secret: Secret) -> Response:
        """Name, addresses, every membership, and how many sessions, tokens and entries; no secret."""
        with looking(engine, secret) as (work, actor):
            return answer(account_data.my_data(work, actor))


async def change_case(
    place: Collection, engine: Engine, asked: Asking, case_id: str, change: Change, needs: Scope = Scope.ACT
) -> Response:  # fmt: skip
    """Change the case that was seen at the version named; the answer is the case after it.

    Raises:
        NotFound: not visible. VersionMissing, StaleVersion: another version.
    """

    def perform(work: Work, actor: Actor) -> Answer:
        row = commands.load(work, place.model, int(case_id), actor)
        check_version(row, asked)
        moved = change(work, row, actor)
        return Answer(200, canonical(whole(work, moved, actor)), f'"{moved["version"]}"')

    return await _changed(engine, asked, perform, needs)


async def _changed(
    engine: Engine, asked: Asking, perform: Callable[[Work, Actor], Answer], needs: Scope = Scope.ACT
) -> Response:  # fmt: skip
    """Without a key; see the top of the file."""
    return reply(await answered(engine.change(replace(asked, key=""), perform, needs)))
