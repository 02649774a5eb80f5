"""The rounds of a campaign (đợt xét), as campaign, submissions and proposals name them."""

from enum import StrEnum


class Round(StrEnum):
    ROLLING = "rolling"
    CLOSING_DISTRICT = "closing_district"
    CLOSING_CITY = "closing_city"


ROUND_LABELS = {
    Round.ROLLING: "Khen thưởng trong quá trình triển khai",
    Round.CLOSING_DISTRICT: "Tổng kết: giấy khen quận",
    Round.CLOSING_CITY: "Tổng kết: bằng khen thành phố",
}
