"""The rounds of a campaign (đợt xét), as campaign, submissions and proposals name them."""

from engine.definition import Choice


class Round(Choice):
    ROLLING = "rolling", "Khen thưởng trong quá trình triển khai"
    CLOSING_DISTRICT = "closing_district", "Tổng kết: giấy khen quận"
    CLOSING_CITY = "closing_city", "Tổng kết: bằng khen thành phố"


CLOSING = (Round.CLOSING_DISTRICT, Round.CLOSING_CITY)
"""The rounds that go on while the campaign is being summed up."""
