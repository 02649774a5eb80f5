"""A filled form of every type that an action asks for, good enough to pass its schema."""

from typing import Any

REASON = {"reason": "Không đủ điều kiện theo quy định"}
LETTER = {"number": "12/TTr-PNV", "signed_on": "2024-09-03"}

FORMS: dict[str, dict[str, Any]] = {
    "Appraisal": {"result": "pass", "reasons": "Hồ sơ đầy đủ, đúng quy định"},
    "CityReceipt": {"number": "77/TP", "received_on": "2024-09-03"},
    "Completion": {"items": ["Bổ sung mục tiêu"], **REASON},
    "Decision": {"number": "15/QĐ-UBND", "signed_on": "2024-09-03"},
    "Direction": {"instruction": "Báo cáo thành tích của tập thể này"},
    "Extension": {
        "extension": LETTER,
        "ends_on": "2025-05-20",
        "reports_due_on": "2025-05-27",
        "summary_due_on": "2025-06-17",
    },
    "Handover": {"handed_over_on": "2024-09-03"},
    "Letter": LETTER,
    "OpenRounds": {"open_rounds": ["rolling"]},
    "Reason": REASON,
    "Received": {"received_on": "2024-09-03"},
    "Report": {"summary": "Các đơn vị đã triển khai và báo cáo đầy đủ", **LETTER},
    "ResultReport": {"result": "Đã triển khai xong mọi nội dung thi đua"},
    "Returned": {"code": "wrong_authority", **REASON},
    "Supplement": {"items": [{"part": "achievement", "fault": "unproven"}]},
    "Tally": {"minutes_number": "03/BB", "met_on": "2024-09-03", "members": 9, "present": 8, "in_favour": 8},
}
