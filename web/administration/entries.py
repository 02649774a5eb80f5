"""The administration's log in words: what was changed, from what to what."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from engine.instants import vn_date
from engine.runtime.database import Row
from engine.runtime.history import digits
from engine.runtime.present import instant
from web.visits import Guest

KINDS: Mapping[str, str] = {
    "unit.add": "Thêm đơn vị",
    "unit.change": "Sửa đơn vị",
    "unit.close": "Kết thúc đơn vị",
    "unit_kind.add": "Thêm loại đơn vị",
    "person.add": "Thêm người dùng",
    "person.change": "Sửa người dùng",
    "person.leave": "Cho người dùng nghỉ",
    "person.invite": "Mời đặt mật khẩu",
    "person.invite_link": "Tạo liên kết mời",
    "person.reset_link": "Gửi liên kết đặt lại mật khẩu",
    "person.second_factor_remove": "Gỡ xác thực hai lớp",
    "person.logins_end": "Kết thúc phiên đăng nhập",
    "membership.add": "Giao vai trò",
    "membership.end": "Kết thúc vai trò",
    "seat.take": "Giao cơ quan giữ vai trò",
    "seat.end": "Kết thúc cơ quan giữ vai trò",
    "mandate.give": "Lập ủy quyền",
    "mandate.end": "Kết thúc ủy quyền",
    "calendar_day.add": "Ghi ngày vào lịch",
    "legal_row.add": "Thêm quy định",
    "legal_row.confirm": "Xác nhận quy định",
    "legal_row.withdraw": "Hủy xác nhận quy định",
    "settings.mail": "Đổi thông tin thư",
    "organisation.import": "Nhập bảng tính",
}
GROUPS: Mapping[str, str] = {
    "unit": "Đơn vị",
    "person": "Người dùng",
    "membership": "Vai trò",
    "seat": "Cơ quan giữ vai trò",
    "mandate": "Ủy quyền",
    "calendar_day": "Lịch làm việc",
    "legal_row": "Quy định",
    "settings": "Thư",
    "organisation": "Bảng tính",
}
FIELDS: Mapping[str, str] = {
    "name": "tên", "mail": "địa chỉ thư", "identifier": "mã định danh", "groups": "nhóm nơi nhận",
    "parent": "đơn vị cấp trên", "authority": "cơ quan quyết định", "code": "mã", "kind": "loại",
    "valid_from": "từ ngày", "valid_to": "đến ngày", "staff_code": "mã cán bộ", "active": "đang dùng",
    "role": "vai trò", "unit": "đơn vị", "from": "từ ngày", "to": "đến ngày", "last_day": "ngày cuối",
    "paper": "văn bản", "successors": "đơn vị kế thừa", "successor": "người nhận bàn giao", "source": "nguồn",
    "citation": "căn cứ", "mark": "dấu", "value": "giá trị", "since": "hiệu lực từ", "changed": "mục đã đổi",
    "memberships": "vai trò kết thúc", "mandates": "ủy quyền kết thúc", "tasks": "việc bàn giao", "before": "trước",
    "after": "sau", "ended": "kết thúc", "added": "thêm", "deputy": "người được ủy quyền",
    "principal": "người ủy quyền", "powers": "việc được ủy quyền", "capacity": "cách ký", "day": "ngày",
    "sender_name": "tên người gửi", "reply_to": "địa chỉ trả lời", "key": "mã", "rank": "cấp",
    "memberships_ended": "vai trò kết thúc", "mandates_ended": "ủy quyền kết thúc",
    "seats_passed_on": "ghế đã chuyển",
}  # fmt: skip


def entries_shown(visit: Guest, rows: Iterable[Row]) -> list[dict[str, Any]]:
    """The log's rows for a page: number, instant, who, what in words, about what, and the details as pairs."""
    return [
        {
            "seq": row["seq"],
            "at": instant(row["at"]),
            "actor": row["actor_name"],
            "what": visit.tr(KINDS.get(row["what"], row["what"])),
            "subject": row["subject"],
            "details": _details(visit, json.loads(row["payload"])),
            "hash": digits(row["hash"]),
        }
        for row in rows
    ]


def _details(visit: Guest, payload: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """(field, before, after); before is empty where only one side is told."""
    before, after = payload.get("before"), payload.get("after")
    if isinstance(before, dict) and isinstance(after, dict):
        pairs = [(name, before.get(name), after.get(name)) for name in dict.fromkeys((*before, *after))]
        found = [(_field(visit, n), _said(visit, old), _said(visit, new)) for n, old, new in pairs if old != new]
        return found + [(_field(visit, n), "", _said(visit, v)) for n, v in payload.items() if n not in _SIDES]
    flat: list[tuple[str, str, str]] = []
    for name, value in payload.items():
        if isinstance(value, dict):
            flat.extend((_field(visit, inner), "", _said(visit, said)) for inner, said in value.items())
        elif isinstance(value, list) and len(value) == 2 and name in _PAIRED:
            flat.append((_field(visit, name), _said(visit, value[0]), _said(visit, value[1])))
        else:
            flat.append((_field(visit, name), "", _said(visit, value)))
    return [one for one in flat if one[1] or one[2]]


_DAY = re.compile(r"[12][0-9]{3}-[01][0-9]-[0-3][0-9]")
_SIDES = ("before", "after")
_PAIRED = ("name", "staff_code", "active")


def _field(visit: Guest, name: str) -> str:
    return visit.tr(FIELDS.get(name, name))


def _said(visit: Guest, value: Any) -> str:
    if value is None or value in ("", [], {}):
        return ""
    if isinstance(value, bool):
        return visit.tr("có") if value else visit.tr("không")
    if isinstance(value, list):
        return ", ".join(visit.tr(FIELDS.get(str(one), str(one))) for one in value)
    if isinstance(value, dict):
        return ", ".join(f"{visit.tr(FIELDS.get(name, name))}: {_said(visit, one)}" for name, one in value.items())
    role = visit.engine.registry.roles.get(str(value))
    if role is not None:
        return visit.tr(role.label)
    return _day(str(value))


def _day(text: str) -> str:
    """A date as people write it here; any other text as it is."""
    try:
        return vn_date(date.fromisoformat(text)) if _DAY.fullmatch(text) else text
    except ValueError:
        return text
