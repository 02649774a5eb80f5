"""What the mail log is narrowed to: the fields of its form, which are the end of its address."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from notifications.door import KINDS, STATES, Wanted

LONGEST = 100
STATE_WORDS = {
    "queued": ("chờ gửi", "due"), "sent": ("đã gửi", "good"), "failed": ("lỗi", "late"),
    "dropped": ("không cần gửi nữa", ""),
}  # fmt: skip
KIND_WORDS = {
    "task_opened": "Việc mới",
    "reminder": "Nhắc theo lịch",
    "nudge": "Đôn đốc của người",
    "escalation": "Báo người phụ trách",
    "deadline_changed": "Thời hạn thay đổi",
    "news": "Tin về hồ sơ",
    "incident": "Sự cố",
    "digest": "Thư gộp nhiều việc",
}
OUTCOME_WORDS = {
    "sent": "máy chủ đã nhận", "temporary": "tạm thời chưa nhận, sẽ thử lại", "permanent": "bị từ chối hẳn",
    "unknown": "không rõ kết quả", None: "đang gửi",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filter:
    """The fields as they were given; what they do not know counts as empty. wrong: about which days."""

    trang_thai: str = ""
    loai: str = ""
    tim: str = ""
    ma: str = ""
    tu: str = ""
    den: str = ""
    truoc: str = ""

    @property
    def wanted(self) -> Wanted:
        return Wanted(
            state=self.trang_thai,
            kind=self.loai,
            text=self.tim,
            code=self.ma,
            since=_day(self.tu),
            until=_day(self.den),
            before=int(self.truoc) if self.truoc else None,
        )

    @property
    def fields(self) -> dict[str, str]:
        """What makes the view, without the place in it."""
        names = ("trang_thai", "loai", "tim", "ma", "tu", "den")
        return {name: getattr(self, name) for name in names if getattr(self, name)}

    @property
    def wrong(self) -> tuple[str, ...]:
        """The fields whose day cannot be read."""
        return tuple(name for name in ("tu", "den") if getattr(self, name) and _day(getattr(self, name)) is None)

    def query(self, **more: str) -> str:
        """The view as the end of an address, with something else in it; empty values go."""
        given = {name: value for name, value in {**self.fields, **more}.items() if value}
        return f"?{urlencode(given)}" if given else ""


def filter_of(given: Mapping[str, str]) -> Filter:
    """The filter that an address or a form names."""
    text = {name: " ".join(str(given.get(name, "")).split())[:LONGEST] for name in ("tim", "ma", "tu", "den")}
    state, kind, before = given.get("trang_thai", ""), given.get("loai", ""), given.get("truoc", "")
    return Filter(
        trang_thai=state if state in STATES else "",
        loai=kind if kind in KINDS else "",
        truoc=before if before.isascii() and before.isdigit() and len(before) < 18 else "",
        **text,
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
