"""What is wrong with a field, as a Vietnamese sentence: Pydantic's findings in words for the person acting."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic_core import ErrorDetails

NO_DATE = "Phải là ngày dạng NĂM-THÁNG-NGÀY, như 2024-07-31."

_SENTENCES = {
    "missing": "Chưa điền mục này.",
    "extra_forbidden": "Không có mục này.",
    "none_required": "Phải để trống.",
    "model_type": "Phải là một đối tượng JSON.",
    "dict_type": "Phải là một đối tượng JSON.",
    "string_type": "Phải là văn bản.",
    "string_too_short": "Phải có ít nhất {min_length} ký tự.",
    "string_too_long": "Không được quá {max_length} ký tự.",
    "string_pattern_mismatch": "Không đúng dạng yêu cầu.",
    "int_type": "Phải là số nguyên.",
    "int_parsing": "Phải là số nguyên.",
    "int_from_float": "Phải là số nguyên.",
    "float_type": "Phải là số.",
    "float_parsing": "Phải là số.",
    "decimal_type": "Phải là số.",
    "decimal_parsing": "Phải là số.",
    "finite_number": "Phải là số hữu hạn.",
    "bool_type": "Phải là true hoặc false.",
    "bool_parsing": "Phải là true hoặc false.",
    "greater_than": "Phải lớn hơn {gt}.",
    "greater_than_equal": "Phải từ {ge} trở lên.",
    "less_than": "Phải nhỏ hơn {lt}.",
    "less_than_equal": "Không được quá {le}.",
    "multiple_of": "Phải là bội số của {multiple_of}.",
    "date_type": NO_DATE,
    "date_parsing": NO_DATE,
    "date_from_datetime_parsing": NO_DATE,
    "datetime_type": "Phải là thời điểm dạng RFC 3339.",
    "datetime_parsing": "Phải là thời điểm dạng RFC 3339.",
    "datetime_from_date_parsing": "Phải là thời điểm dạng RFC 3339.",
    "enum": "Phải là một trong: {expected}.",
    "literal_error": "Phải là một trong: {expected}.",
    "list_type": "Phải là một danh sách.",
    "tuple_type": "Phải là một danh sách.",
    "set_type": "Phải là một danh sách.",
    "too_short": "Phải có ít nhất {min_length} mục.",
    "too_long": "Không được quá {max_length} mục.",
    "value_error": "{error}",
}
_OTHER = "Giá trị không hợp lệ."


def field_sentences(errors: Iterable[ErrorDetails | Mapping[str, Any]], *, skip: int = 0) -> dict[str, str]:
    """The findings as {dotted field: sentence}; `skip` leaves out that many leading parts of each place.

    A finding about the whole input stands under "body". The value given is never repeated.
    """
    found: dict[str, str] = {}
    for error in errors:
        place = ".".join(str(part) for part in error["loc"][skip:]) or "body"
        found.setdefault(place, _sentence(error))
    return found


def _sentence(error: ErrorDetails | Mapping[str, Any]) -> str:
    return _SENTENCES.get(error["type"], _OTHER).format_map(error.get("ctx", {}))
