"""The public register of commendations: as a list, one by one, as files; its exemplars and its figures."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.memory import Memory
from api.published import CSV, JSON, MOST_IN_FILE, kept, register_csv
from engine.definition.documents import canonical
from engine.errors import NotFound
from engine.runtime import register
from engine.runtime.register import Line, Statistics, Wanted
from engine.runtime.work import Work
from web.doors import page_router
from web.public.showing import INDEXED, public_page
from web.visits import Anybody

ROWS, EXEMPLARS = 100, 20
LIST, EXEMPLARY, FIGURES = "/cong-khai", "/guong-dien-hinh", "/thong-ke"
LONGEST = 200

Text = Annotated[str, Query(alias="tim")]
Year = Annotated[str, Query(alias="nam")]
Award = Annotated[str, Query(alias="hinh-thuc")]
Kind = Annotated[str, Query(alias="doi-tuong")]
Unit = Annotated[str, Query(alias="don-vi")]
After = Annotated[str, Query(alias="sau")]


def register_routes() -> APIRouter:
    """GET /cong-khai, /cong-khai.csv, /cong-khai.json, /cong-khai/{code}, /guong-dien-hinh, /thong-ke."""
    router = page_router()
    _list(router)
    _files(router)
    _one(router)
    _exemplars(router)
    _figures(router)
    return router


def _list(router: APIRouter) -> None:
    @router.get(LIST)
    def register_list(
        guest: Anybody, text: Text = "", year: Year = "", award: Award = "", kind: Kind = "", unit: Unit = "",
        after: After = "",
    ) -> Response:  # fmt: skip
        wanted = _wanted(text, year, award, kind, unit)
        with guest.engine.database.read() as tx:
            work = guest.engine.work(tx)
            found = register.lines(work, wanted, ROWS + 1, register.place_of(after))
            count, choices = register.count(work, wanted), register.choices(work)
        return public_page(
            guest,
            "public/register.html.j2",
            lines=found[:ROWS],
            count=count,
            choices=choices,
            wanted=wanted,
            query=_query(wanted),
            onward=_query(wanted, found[ROWS - 1]) if len(found) > ROWS else "",
            is_later=bool(after),
        )


def _files(router: APIRouter) -> None:
    memory: Memory[bytes] = Memory()

    @router.get(f"{LIST}.csv")
    def as_csv(
        guest: Anybody, text: Text = "", year: Year = "", award: Award = "", kind: Kind = "", unit: Unit = ""
    ) -> Response:
        wanted = _wanted(text, year, award, kind, unit)
        table = memory.recall(guest.engine, (CSV, wanted), lambda work: register_csv(_all(work, wanted)))
        return kept(guest.request, table, CSV)

    @router.get(f"{LIST}.json")
    def as_json(
        guest: Anybody, text: Text = "", year: Year = "", award: Award = "", kind: Kind = "", unit: Unit = ""
    ) -> Response:
        wanted = _wanted(text, year, award, kind, unit)
        return kept(guest.request, memory.recall(guest.engine, (JSON, wanted), lambda work: _json(work, wanted)), JSON)


def _one(router: APIRouter) -> None:
    @router.get(f"{LIST}/{{code}}")
    def register_line(guest: Anybody, code: str) -> Response:
        with guest.engine.database.read() as tx:
            found = register.line(guest.engine.work(tx), code[:40].upper())
        if found is None:
            raise NotFound(what=f"mã {code[:40]} trong sổ khen thưởng")
        # A unit's commendation is for search engines too; a person's stays where it can be taken back.
        is_unit = not found.about.is_individual and found.about.kind == "collective"
        address = f"{guest.settings.base_url}{LIST}/{found.code}"
        robots = {"robots": INDEXED} if is_unit else {}
        return public_page(guest, "public/record.html.j2", line=found, address=address, **robots)


def _exemplars(router: APIRouter) -> None:
    @router.get(EXEMPLARY)
    def exemplars(guest: Anybody, after: After = "") -> Response:
        wanted = Wanted(exemplars=True)
        with guest.engine.database.read() as tx:
            found = register.lines(guest.engine.work(tx), wanted, EXEMPLARS + 1, register.place_of(after))
        onward = str(found[EXEMPLARS - 1].place) if len(found) > EXEMPLARS else ""
        return public_page(guest, "public/exemplars.html.j2", lines=found[:EXEMPLARS], onward=onward)


def _figures(router: APIRouter) -> None:
    memory: Memory[tuple[Statistics, tuple[int, ...]]] = Memory()

    @router.get(FIGURES)
    def figures(guest: Anybody, year: Year = "") -> Response:
        wanted = _wanted("", year, "", "", "").year
        found, years = memory.recall(
            guest.engine, wanted, lambda work: (register.statistics(work, wanted), register.choices(work).years)
        )
        return public_page(
            guest, "public/statistics.html.j2", robots=INDEXED, figures=found, year=wanted, years=years
        )  # fmt: skip


def _all(work: Work, wanted: Wanted) -> list[Line]:
    return register.lines(work, wanted, MOST_IN_FILE)


def _json(work: Work, wanted: Wanted) -> bytes:
    return canonical({"items": [register.line_json(line) for line in _all(work, wanted)]}).encode()


def _wanted(text: str, year: str, award: str, kind: str, unit: str) -> Wanted:
    """What the address asks for; what cannot be a value filters nothing."""
    is_year = year.isascii() and year.isdigit() and len(year) == 4
    return Wanted(text[:LONGEST], int(year) if is_year else None, award[:40], kind[:40], unit[:40])


def _query(wanted: Wanted, last: Line | None = None) -> str:
    """The filter as it stands in addresses, with its question mark; empty without one."""
    given = {
        "tim": wanted.text, "nam": wanted.year, "hinh-thuc": wanted.award, "doi-tuong": wanted.kind,
        "don-vi": wanted.unit, "sau": last.place if last else "",
    }  # fmt: skip
    told = {name: value for name, value in given.items() if value}
    return f"?{urlencode(told)}" if told else ""
