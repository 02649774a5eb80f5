"""The rounds of a campaign (đợt xét), as campaign, submissions and proposals name them."""

from enum import StrEnum


class Round(StrEnum):
    ROLLING = "rolling"
    CLOSING_DISTRICT = "closing_district"
    CLOSING_CITY = "closing_city"


CLOSING = (Round.CLOSING_DISTRICT, Round.CLOSING_CITY)
"""The rounds that go on while the campaign is being summed up."""

ROUND_LABELS = {
    Round.ROLLING: "Khen thưởng trong quá trình triển khai",
    Round.CLOSING_DISTRICT: "Tổng kết: giấy khen quận",
    Round.CLOSING_CITY: "Tổng kết: bằng khen thành phố",
}
