"""The seed campaign as facts: the published plan of quận Dương Kinh, 2024.

The plan leaves its own number and date blank and sets no day for the reports; the values marked below are
the demo's, so that the campaign can run.
"""

from datetime import date
from typing import Any

from demo.organisation import CITY_BOARD, DISTRIBUTION

STARTS_ON = date(2024, 7, 10)

PLAN: dict[str, Any] = {
    "title": "Phong trào thi đua đặc biệt lập thành tích chào mừng kỷ niệm 70 năm Ngày Giải phóng Hải Phòng "
    "(13/5/1955 - 13/5/2025)",
    "slogan": "Đảng bộ, chính quyền, quân và dân quận Dương Kinh thi đua lập thành tích chào mừng kỷ niệm 70 năm "
    "Ngày Giải phóng Hải Phòng (13/5/1955 - 13/5/2025)",
    "aims": "Khơi dậy niềm tự hào và ý chí của Nhân dân; hoàn thành các chỉ tiêu kinh tế - xã hội năm 2024 và kế "
    "hoạch 5 năm 2021 - 2025; phát hiện, biểu dương, nhân rộng điển hình; khen thưởng kịp thời. 100% đơn vị thuộc "
    "quận triển khai thực hiện.",
    "contents": [
        "a) Tư tưởng thi đua yêu nước của Chủ tịch Hồ Chí Minh; Chỉ thị 34-CT/TW; Kết luận 01-KL/TW",
        "b) Tuyên truyền kết quả, thành tựu của quận; hoạt động chào mừng kỷ niệm",
        "c) Thi đua trong lao động, sản xuất, kinh doanh, học tập, công tác; tháo gỡ khó khăn, bảo đảm an sinh",
        "d) Các phong trào thi đua do Trung ương, thành phố và quận phát động",
        "đ) Giáo dục truyền thống, văn hóa, thể thao, an ninh trật tự, đền ơn đáp nghĩa, an sinh xã hội",
        "e) Thực hiện Luật Thi đua, khen thưởng; phát hiện, bồi dưỡng, nhân rộng điển hình tiên tiến",
    ],
    "parent_plan": {"number": "157/KH-UBND", "issued_on": "2024-07-10", "issuer": "UBND thành phố Hải Phòng"},
    "starts_on": STARTS_ON.isoformat(),  # "từ nay": the signing date, which the plan leaves blank
    "ends_on": "2025-05-13",
    "ward_plans_due_on": "2024-07-31",  # "trong tháng 07 năm 2024"
    "reports_due_on": "2025-05-20",  # the demo's
    "summary_due_on": "2025-06-10",  # the demo's
    "round_closes": {  # the demo's
        "rolling": "2025-05-13",
        "closing_district": "2025-05-30",
        "closing_city": "2025-06-10",
    },
    "distribution": list(DISTRIBUTION),
    "outside": [CITY_BOARD],
}

LAUNCH = {"number": "01/KH-UBND", "signed_on": STARTS_ON.isoformat()}  # the demo's: blank in the plan
