"""The files that pages load: read once, addressed by their content, kept by browsers for ever."""

from functools import cache
from hashlib import sha256
from mimetypes import guess_type
from pathlib import Path

from fastapi import APIRouter, HTTPException
from starlette.responses import Response

STATIC = Path(__file__).parent / "static"
FOR_EVER, REVALIDATE = "public, max-age=31536000, immutable", "no-cache"


@cache
def content(name: str) -> bytes:
    """The content of a file under static/."""
    return (STATIC / name).read_bytes()


@cache
def names() -> frozenset[str]:
    """The files there are, by their path under static/."""
    return frozenset(path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*") if path.is_file())


@cache
def address(name: str) -> str:
    """The address of a file; it changes when the file does.

    Raises:
        FileNotFoundError: there is none of that name.
    """
    return f"/static/{name}?v={sha256(content(name)).hexdigest()[:12]}"


def asset_routes() -> APIRouter:
    """GET /static/{name}."""
    router = APIRouter(include_in_schema=False)

    @router.get("/static/{name:path}")
    def asset(name: str, v: str = "") -> Response:
        if name not in names():
            raise HTTPException(404)
        media_type = guess_type(name)[0] or "application/octet-stream"
        kept = FOR_EVER if address(name).endswith(f"?v={v}") else REVALIDATE
        return Response(content(name), media_type=media_type, headers={"Cache-Control": kept})

    return router
