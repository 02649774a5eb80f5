"""What surrounds every page, and the templates: one environment, its filters, its words."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from engine.definition.performing import Actor
from engine.instants import LOCAL
from engine.runtime.work import Work
from web import assets, languages
from web.navigation import Entry, entries_for

if TYPE_CHECKING:
    from web.visits import Guest

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Frame:
    """Around a page: who looks and as what, where they can go, and the business instant (aware UTC).

    here: the address that shows the page again.
    """

    language: str
    path: str
    here: str
    name: str = ""
    hats: tuple[str, ...] = ()
    entries: tuple[Entry, ...] = ()
    now: datetime | None = None

    @property
    def is_guest(self) -> bool:
        return not self.name


def frame_of(language: str, path: str, here: str, work: Work, actor: Actor) -> Frame:
    """The frame of a page for that person."""
    return Frame(language, path, here, actor.name, tuple(_hats(work, actor)), entries_for(work, actor), work.now)


def _hats(work: Work, actor: Actor) -> list[str]:
    """ "Chuyên viên Phòng Nội vụ, Phòng Nội vụ"; by a mandate with the name of whose it is."""
    roles, units = work.registry.roles, work.office.units
    own = [f"{roles[c].label if c in roles else c}, {units[u].name}" for c, u in sorted(actor.memberships)]
    lent = [f"{m.capacity} {m.principal}: {roles[m.role].label if m.role in roles else m.role}" for m in actor.mandates]
    return [*own, *lent]


def render(guest: "Guest", template: str, frame: Frame, context: Mapping[str, Any]) -> str:
    """The template's text. It sees `_`, `frame`, `note`, `bar` (the demo's) and the context."""
    bar = getattr(guest.request.app.state, "bar", None)
    return ENVIRONMENT.get_template(template).render(
        _=guest.tr,
        frame=frame,
        note=guest.note,
        bar=Markup(bar(guest)) if bar else "",
        key=secrets.token_urlsafe(12),
        **context,
    )


# ── filters ──────────────────────────────────────────────────────────────────────────────────────
def _instant(value: str | datetime) -> datetime:
    return (datetime.fromisoformat(value) if isinstance(value, str) else value).astimezone(LOCAL)


def moment(value: str | datetime | None) -> Markup:
    """An instant as people read it, in Asia/Ho_Chi_Minh: 10:42 ngày 31/07/2024 → "31/07/2024 10:42"."""
    if not value:
        return Markup("")
    local = _instant(value)
    return Markup('<time datetime="{}">{}</time>').format(
        local.isoformat(timespec="seconds"), f"{local:%d/%m/%Y %H:%M}"
    )


def day(value: str | date | None) -> Markup:
    """A date as people write it here: 31/07/2024."""
    if not value:
        return Markup("")
    given = date.fromisoformat(value) if isinstance(value, str) else value
    return Markup('<time datetime="{}">{}</time>').format(given.isoformat(), f"{given:%d/%m/%Y}")


def size(value: int) -> str:
    """Bytes as people read them: "2,4 MB"."""
    if value < 1024 * 1024:
        return f"{max(1, round(value / 1024))} KB"
    return f"{value / 1024 / 1024:.1f} MB".replace(".", ",")


def environment() -> Environment:
    """The environment of all templates; an undefined name is an error."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(("html.j2", "html"), default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"moment": moment, "day": day, "size": size}
    made.globals |= {"asset": assets.address, "languages": languages.LANGUAGES}
    return made


ENVIRONMENT = environment()
