"""The columns of a list of cases to begin: one for each field that is filled in first, and how headings name them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from engine.definition.model import ProcessModel
from engine.definition.words import fold
from web.forms.fields import Field, Kind, fields_of
from web.forms.typed import leaves

PROCESS = "award_proposal"
"""What a list holds: these pages are about proposals."""

ORDER = (
    "subject.name", "subject.kind", "subject.identifier", "subject.position", "subject.birth_year", "award",
    "achievement.title", "achievement.summary", "achievement.from_day", "achievement.to_day", "movement",
    "standing.rating", "standing.is_advanced_worker", "standing.has_initiative", "standing.under_review", "procedure",
)  # fmt: skip
"""The columns that come first, in this order, which a list without headings must have; the rest follow."""

HEADINGS: Mapping[str, tuple[str, ...]] = {
    "subject.name": ("Họ và tên, tên tập thể", "họ tên", "họ và tên", "tên", "tên tập thể", "cá nhân tập thể"),
    "subject.kind": ("Đối tượng", "loại đối tượng"),
    "subject.identifier": ("Mã cán bộ, đơn vị, hộ", "mã", "mã cán bộ", "mã đơn vị", "mã hộ", "mã đối tượng"),
    "subject.position": ("Chức vụ, nơi công tác", "chức vụ", "chức danh", "đơn vị công tác", "nơi công tác"),
    "subject.birth_year": ("Năm sinh",),
    "award": ("Danh hiệu, hình thức", "danh hiệu", "hình thức", "hình thức khen thưởng", "hình thức khen"),
    "achievement.title": ("Tên thành tích", "thành tích"),
    "achievement.summary": ("Tóm tắt thành tích", "tóm tắt", "nội dung thành tích"),
    "achievement.from_day": ("Từ ngày", "từ", "ngày bắt đầu"),
    "achievement.to_day": ("Đến ngày", "đến", "ngày kết thúc"),
    "movement": ("Phong trào (mã)", "phong trào", "mã phong trào"),
    "standing.rating": ("Mức hoàn thành nhiệm vụ", "mức hoàn thành", "xếp loại"),
    "standing.under_review": ("Đang xem xét kỷ luật, khiếu nại", "kỷ luật"),
    "standing.has_initiative": ("Có sáng kiến, đề tài", "sáng kiến"),
    "public_consent": ("Đồng ý công khai",),
    "justification": ("Giải trình",),
}
"""The heading that the template has, and others that are understood; marks, case and signs do not count."""

NUMBERING = ("stt", "tt", "so thu tu", "no")


@dataclass(frozen=True, slots=True)
class Column:
    """A column: the dotted name of its field, its heading, the field."""

    name: str
    heading: str
    field: Field

    @property
    def is_long(self) -> bool:
        return self.field.kind is Kind.LONG_TEXT


@dataclass(frozen=True, slots=True)
class Table:
    """What was given as a list: rows of cells in the order of the columns, and headings that say nothing."""

    rows: list[list[str]]
    unknown: tuple[str, ...] = ()


@cache
def columns_of(model: ProcessModel) -> tuple[Column, ...]:
    """The columns of a list of cases of that process."""
    known = dict(leaves(fields_of(model.dossier, only=model.first_fields)))
    first = [name for name in ORDER if name in known]
    names = (*first, *(name for name in known if name not in first))
    return tuple(Column(name, HEADINGS.get(name, (known[name].label,))[0], known[name]) for name in names)


def arranged(columns: Sequence[Column], cells: Sequence[Sequence[str]]) -> Table:
    """The cells under their columns: by the headings of the first row that says something, else as they stand."""
    rows = [[cell.strip() for cell in row] for row in cells if any(cell.strip() for cell in row)]
    if not rows:
        return Table([])
    names = _named(columns)
    places = [names.get(_plain(cell), "") for cell in rows[0]]
    if sum(bool(place) for place in places) < 2:
        return Table([_padded(columns, _without_number(columns, row)) for row in rows])
    unknown = [cell for cell, place in zip(rows[0], places, strict=True) if cell and not place]
    told = tuple(cell for cell in unknown if _plain(cell) not in NUMBERING)
    return Table([_placed(columns, places, row) for row in rows[1:]], told)


def _named(columns: Sequence[Column]) -> dict[str, str]:
    found: dict[str, str] = {}
    for column in columns:
        for said in (column.name, column.field.label, column.heading, *HEADINGS.get(column.name, ())):
            found.setdefault(_plain(said), column.name)
    return found


def _plain(text: str) -> str:
    return " ".join("".join(char if char.isalnum() else " " for char in fold(text)).split())


def _placed(columns: Sequence[Column], places: Sequence[str], row: Sequence[str]) -> list[str]:
    found = {place: cell for place, cell in zip(places, row, strict=False) if place}
    return [found.get(column.name, "") for column in columns]


def _without_number(columns: Sequence[Column], row: Sequence[str]) -> Sequence[str]:
    """The row without a number that counts it, where a name is expected."""
    return row[1:] if len(row) > 1 and row[0].rstrip(".").isdigit() else row


def _padded(columns: Sequence[Column], row: Sequence[str]) -> list[str]:
    return [*row[: len(columns)], *("" for _ in range(len(columns) - len(row)))]
