"""The API reference: every command of the API in one table."""

from pathlib import Path as FilePath
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

ROOM = FilePath(__file__).parent
_JINJA = Environment(loader=FileSystemLoader(ROOM / "templates"), autoescape=True, undefined=StrictUndefined)


def reference_pages() -> APIRouter:
    """GET /reference."""
    router = APIRouter(include_in_schema=False)

    @router.get("/reference")
    def reference(request: Request) -> HTMLResponse:
        document = request.app.openapi()
        page = _JINJA.get_template("reference.html.j2")
        return HTMLResponse(page.render(title=document["info"]["title"], groups=_grouped(document)))

    return router


def _grouped(document: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Operations by tag, in the order of the document."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            tag = (operation.get("tags") or ["other"])[0]
            groups.setdefault(tag, []).append(_shown(path, method, operation))
    return groups


def _shown(path: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    content = operation.get("requestBody", {}).get("content", {})
    schemas = [media["schema"].get("$ref", "").rpartition("/")[2] for media in content.values()]
    return {
        "method": method.upper(),
        "path": path,
        "summary": operation.get("summary", ""),
        "body": ", ".join(dict.fromkeys(name for name in schemas if name)),
        "statuses": " ".join(operation["responses"]),
    }
