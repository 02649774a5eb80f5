"""How a case stands, for whoever holds the receipt of what was handed in; the code is in the body only."""

from fastapi import APIRouter
from starlette.responses import Response

from api.limits import LOOK_UP
from engine.definition.language import Phase
from engine.runtime.receipts import Standing, look_up
from web.doors import page_router
from web.public.showing import INDEXED, public_page
from web.visits import Anybody, Guest, frame_for, in_thread

STAGES = {
    Phase.DRAFTED: "Đang soạn",
    Phase.SUBMITTED: "Đã nộp: đang kiểm tra, thẩm định",
    Phase.APPRAISED: "Đã thẩm định: chờ quyết định",
    Phase.APPROVED: "Đã có quyết định",
    Phase.FORWARDED_TO_CITY: "Đã chuyển lên thành phố",
    Phase.CLOSED: "Đã kết thúc",
}
"""The phases in words for who does not work here."""
WITH_UNIT = "Đã nộp: chờ đơn vị bổ sung"
"""The words for a case that was handed in and waits for its own unit."""
LONGEST_CODE = 60


def look_up_routes() -> APIRouter:
    """GET and POST /tra-cuu."""
    router = page_router()

    @router.get(LOOK_UP)
    def ask(guest: Anybody) -> Response:
        return public_page(guest, "public/look_up.html.j2", robots=INDEXED, given="", found=None, stage="")

    @router.post(LOOK_UP)
    async def tell(guest: Anybody) -> Response:
        given = str((await guest.form()).get("ma", ""))[:LONGEST_CODE].strip()
        return await in_thread(lambda: _told(guest, given))

    return router


def _told(guest: Guest, given: str) -> Response:
    with guest.engine.database.read() as tx:
        found: Standing | None = look_up(guest.engine.work(tx), given)
    stage = _stage(found) if found else ""
    status = 200 if found else 404
    return guest.page(
        "public/look_up.html.j2", frame_for(guest), status=status, given=given, found=found, stage=stage
    )  # fmt: skip


def _stage(found: Standing) -> str:
    waits = found.phase is Phase.SUBMITTED and found.is_with_unit and not found.is_over
    return WITH_UNIT if waits else STAGES[found.phase]
