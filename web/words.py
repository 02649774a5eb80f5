"""Words that several rooms of the pages share."""

from collections.abc import Mapping

from engine.definition.language import Phase

PHASES: Mapping[str, str] = {
    Phase.DRAFTED: "Dự thảo",
    Phase.SUBMITTED: "Đã trình",
    Phase.APPRAISED: "Đã thẩm định",
    Phase.APPROVED: "Đã có quyết định",
    Phase.FORWARDED_TO_CITY: "Đã chuyển thành phố",
    Phase.CLOSED: "Đã kết thúc",
}
"""The phases, for who works here."""
