"""The law book: every legal number and rule with its citation and how sure it is; confirming and changing one."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter
from pydantic import ValidationError

from engine.administration import law
from engine.administration.desk import Desk
from engine.administration.forms import Confirmation, NewLegalRow
from engine.definition.sentences import field_sentences
from engine.errors import InvalidInput
from engine.runtime.administering import Reach
from web.administration.rooms import ROOT, Deed, Done, Look, Sent, add_page, by_desk
from web.doors import page_router
from web.visits import Visit

KINDS: Mapping[str, str] = {
    "time_limit": "Thời hạn",
    "rule": "Quy tắc kiểm tra",
    "authority": "Thẩm quyền",
    "vote_policy": "Biểu quyết",
    "retention": "Thời hạn lưu",
    "movement": "Phong trào",
}
MARKS: Mapping[str, str] = {
    "V": "đã đọc trong văn bản",
    "S": "mới thấy một lần",
    "U": "chưa kiểm chứng",
    "D": "mặc định của hệ thống",
}
MEMBERS: Mapping[str, str] = {
    "working_days": "số ngày làm việc", "severity": "mức", "ward": "cấp xã, phường", "district": "cấp huyện, quận",
    "city": "cấp tỉnh, thành phố", "subjects": "đối tượng", "base": "tính trên", "numerator": "tử số",
    "denominator": "mẫu số", "strict": "phải vượt quá", "years": "số năm", "from": "tính từ",
}  # fmt: skip
SAID: Mapping[str, str] = {
    "block": "chặn", "warn": "nhắc", "individual": "cá nhân", "collective": "tập thể", "household": "hộ gia đình",
    "present": "số có mặt", "members": "tổng số thành viên", "closed": "ngày kết thúc hồ sơ",
}  # fmt: skip
"""What stands in values, in words."""
VALUE = "value."


def law_routes() -> APIRouter:
    """GET /quan-tri/quy-dinh; GET and POST /quan-tri/quy-dinh/{id}."""
    router = page_router()
    add_page(router, "/quy-dinh", "law", _list)
    add_page(
        router, "/quy-dinh/{id}", "legal_row", _one,
        {
            "xac-nhan": Deed(by_desk(_confirm), _told_confirmed, Confirmation),
            "huy": Deed(by_desk(lambda desk, sent: law.withdraw(desk, sent.key())), _told_withdrawn),
            "doi": Deed(by_desk(lambda desk, sent: law.add(desk, sent.form)), _told_new, new_row, _to_row),
        },
    )  # fmt: skip
    return router


def _list(look: Look) -> dict[str, Any]:
    kind, mark, on = look.asked("loai"), look.asked("dau"), look.asked("luc")
    rows = law.rows(look.work.tx, kind=kind or None, on=None if on == "moi-luc" else look.work.today)
    if mark == "chua":
        rows = [row for row in rows if not row["may_block"]]
    return {
        "title": look.visit.tr("Quy định"),
        "rows": rows,
        "asked": {"loai": kind, "dau": mark, "luc": on},
        "kinds": {code: look.visit.tr(label) for code, label in KINDS.items()},
        "marks": MARKS,
        "members": MEMBERS,
        "matters": {row["id"] for row in law.unconfirmed(look.work.tx, look.work.today)},
        "titles": law.titles(look.work.registry),
        "said": SAID,
    }


def _one(look: Look) -> dict[str, Any]:
    row = law.one(look.work, look.key())
    siblings = law.rows(look.work.tx, kind=row["kind"], on=None)
    return {
        "title": f"{look.visit.tr(KINDS.get(row['kind'], row['kind']))}: {row['key']}",
        "row": row,
        "versions": [one for one in siblings if one["key"] == row["key"]],
        "fields": [(f"{VALUE}{_type(value)}.{name}", name, value) for name, value in row["value"].items()],
        "touched": law.touched(look.work, row),
        "marks": MARKS,
        "members": MEMBERS,
        "titles": law.titles(look.work.registry),
        "said": SAID,
        "is_head": Reach(look.work, look.actor).is_head,
    }


def _type(value: Any) -> str:
    return "bool" if isinstance(value, bool) else "int" if isinstance(value, int) else _text_type(value)


def _text_type(value: Any) -> str:
    return "list" if isinstance(value, list | tuple) else "str"


def new_row(typed: Mapping[str, Sequence[str]]) -> NewLegalRow:
    """The dated row that was filled in; the members of its value come as value.<type>.<name>.

    Raises:
        InvalidInput: what is wrong with which field.
    """
    names = ("kind", "key", "citation", "mark", "valid_from", "valid_to")
    given: dict[str, Any] = {name: typed[name][0].strip() for name in names if name in typed and typed[name][0].strip()}
    value: dict[str, Any] = {}
    places: dict[str, str] = {}
    for field, texts in typed.items():
        if field.startswith(VALUE):
            kind, _, name = field.removeprefix(VALUE).partition(".")
            value[name], places[name] = _member(kind, texts[0].strip()), field
    try:
        return NewLegalRow.model_validate_json(json.dumps({**given, "value": value}), strict=True)
    except ValidationError as wrong:
        found = field_sentences(wrong.errors(include_url=False, include_input=False))
        raise InvalidInput({_place(name, places): said for name, said in found.items()}) from wrong


def _place(name: str, places: Mapping[str, str]) -> str:
    first, _, rest = name.partition(".")
    return places.get(rest.partition(".")[0], first) if first == "value" else first


def _member(kind: str, text: str) -> Any:
    if kind == "bool":
        return text == "true"
    if kind == "int" and text.isascii() and text.isdigit() and len(text) < 10:
        return int(text)
    return text.replace(",", " ").split() if kind == "list" else text


def _confirm(desk: Desk, sent: Sent) -> Done:
    return law.confirm(desk, sent.key(), sent.form)


def _told_confirmed(visit: Visit, done: Done) -> str:
    return visit.tr("Đã xác nhận {key} theo «{source}».", key=done["key"], source=done["confirmation"])


def _told_withdrawn(visit: Visit, done: Done) -> str:
    return visit.tr("Đã hủy xác nhận {key}: dòng này chỉ còn nhắc.", key=done["key"])


def _to_row(done: Done) -> str:
    return f"{ROOT}/quy-dinh/{done['id']}"


def _told_new(visit: Visit, done: Done) -> str:
    return visit.tr("Đã thêm dòng {key}; dòng trước hết hiệu lực hôm trước ngày đó.", key=done["key"])
