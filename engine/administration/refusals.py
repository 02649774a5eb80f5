"""What administration refuses: a code, and a sentence that says what is wrong, by which rule, what to do next."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.errors import Refused

_SENTENCES = {
    "kind_taken": "Đã có loại đơn vị «{code}». Mỗi mã chỉ dùng một lần; hãy chọn mã khác.",
    "unit_code_taken": "Đã có đơn vị mang mã «{code}». Mã không dùng lại, kể cả của đơn vị đã giải thể; hãy chọn mã "
    "khác.",
    "unit_identifier_taken": "Mã định danh «{identifier}» đang thuộc đơn vị «{unit}». Mỗi mã định danh chỉ của một "
    "đơn vị.",
    "unit_not_alive": "Đơn vị «{unit}» không hoạt động vào ngày {day}. Hãy chọn đơn vị đang hoạt động, hoặc ngày khác.",
    "unit_above_itself": "Không thể đặt «{parent}» ở trên «{unit}»: «{unit}» đã ở trên nó. Cây đơn vị không có vòng.",
    "unit_level": "«{parent}» ở cấp thấp hơn «{unit}» nên không thể là đơn vị cấp trên.",
    "unit_too_deep": "Không thể đặt «{unit}» ở đó: cây đơn vị có nhiều nhất {most} cấp. Hãy chọn đơn vị cấp trên khác.",
    "no_authority": "«{authority}» không tự quyết định khen thưởng, nên không thể quyết định cho đơn vị khác.",
    "authority_in_use": "«{unit}» đang quyết định cho {count} đơn vị khác ({units}). Hãy chuyển các đơn vị đó trước.",
    "unit_closed_already": "Đơn vị «{unit}» đã kết thúc hoạt động từ ngày {day}.",
    "units_below": "Còn {count} đơn vị thuộc «{unit}» sau ngày {day} ({units}). Hãy chuyển hoặc kết thúc chúng trước.",
    "day_too_early": "Ngày kết thúc {day} trước ngày bắt đầu {since}.",
    "day_too_late": "Ngày {day} sau ngày kết thúc {until} của «{what}». Hãy nêu ngày kết thúc không muộn hơn.",
    "username_taken": "Đã có tài khoản «{username}». Hãy chọn tên đăng nhập khác.",
    "staff_code_taken": "Mã cán bộ «{staff_code}» đang thuộc tài khoản «{username}».",
    "person_not_active": "Tài khoản «{username}» đã ngừng hoạt động. Hãy mở lại tài khoản trước.",
    "membership_overlaps": "«{name}» đã giữ vai trò «{role}» tại «{unit}» từ {since} đến {until}. Không ghi trùng; "
    "hãy kết thúc lần trước, hoặc chọn khoảng ngày khác.",
    "ended_already": "Đã kết thúc từ ngày {day}; chỉ có thể kết thúc sớm hơn.",
    "last_administrator": "{when}, «{authority}» sẽ không còn ai quản trị. Hãy giao vai trò quản trị cho người "
    "khác trước.",
    "seat_role": "Vai trò «{role}» thuộc từng đơn vị, không có cơ quan giữ riêng. Hãy giao vai trò cho người trong đơn "
    "vị.",
    "seat_overlaps": "Vai trò «{role}» của «{authority}» đã có cơ quan giữ từ {since}. Ngày bắt đầu mới phải sau ngày "
    "đó.",
    "successor_is_leaver": "Người nhận bàn giao phải là người khác.",
    "mandate_to_the_writer": "Quản trị không ghi giấy ủy quyền cho chính mình. Hãy để người ủy quyền tự lập, hoặc nhờ "
    "quản trị khác ghi.",
    "mandate_to_oneself": "Không ai tự ủy quyền cho mình. Hãy chọn người được ủy quyền khác.",
    "mandate_without_role": "«{principal}» không giữ vai trò «{role}» tại «{unit}» suốt từ {since} đến {until}. Chỉ ủy "
    "quyền được vai trò mà chính mình được giao, và việc được ủy quyền không được ủy quyền tiếp.",
    "mandate_of_administration": "Quyền quản trị không ủy quyền được. Hãy giao vai trò quản trị cho người đó.",
    "mandate_both_ways": "«{deputy}» đang ủy quyền cho «{principal}» cùng vai trò trong thời gian này: hai người không "
    "thay nhau cùng lúc.",
    "mandate_overlaps": "«{deputy}» đã được ủy quyền vai trò này từ {since} đến {until}. Hãy kết thúc lần trước, hoặc "
    "chọn khoảng ngày khác.",
    "mandate_power": "Vai trò «{role}» không có việc «{power}», nên không ủy quyền việc đó được.",
    "needs_no_confirmation": "Dòng này đã được kiểm chứng (dấu {mark}), không cần xác nhận.",
    "confirmed_already": "Dòng này đã được xác nhận theo «{confirmation}». Hãy hủy xác nhận trước nếu cần đổi nguồn.",
    "not_confirmed": "Dòng này chưa được xác nhận.",
    "law_overlaps": "Đã có dòng «{key}» từ {since}. Dòng mới phải bắt đầu sau ngày đó.",
    "law_shape": "Giá trị phải có đúng các mục như dòng hiện có: {shape}.",
    "law_kind": "Không có loại «{kind}». Các loại hiện có: {kinds}.",
    "case_not_transferable": "Hồ sơ này không cần chuyển: đơn vị và cơ quan quyết định của nó đang hoạt động. Chỉ "
    "chuyển hồ sơ của đơn vị đã kết thúc hoạt động.",
    "case_closed": "Hồ sơ đã kết thúc nên không chuyển được nữa.",
    "case_without_authority": "Chưa rõ cơ quan nào quyết định thay cho «{authority}». Hãy đặt cơ quan quyết định cho "
    "đơn vị «{unit}» trước.",
    "workbook_unreadable": "Không đọc được bảng tính: {why}. Hãy mở lại bằng Excel hoặc LibreOffice, lưu thành .xlsx "
    "rồi gửi lại.",
    "workbook_too_large": "Bảng tính quá lớn: tối đa {rows} dòng mỗi trang và {megabytes} MB khi giải nén. Hãy chia "
    "thành nhiều tệp.",
}  # fmt: skip


class OfficeRefused(Refused):
    """The office as it stands does not allow the change; `code` is a key of `_SENTENCES`, nothing was changed."""

    def __init__(self, code: str, /, **params: str | int) -> None:
        self.code, self.sentence = code, _SENTENCES[code]  # type: ignore[misc]  # of the instance: one class, many codes
        super().__init__(**params)


@dataclass(frozen=True, slots=True)
class RowProblem:
    """What is wrong in a spreadsheet: row as people count them (1 is the heading), column by its title or empty."""

    sheet: str
    row: int
    column: str
    sentence: str


class RowsRefused(Refused):
    """Some rows of a spreadsheet are wrong; nothing of it was taken. Of `most` problems or more the first are told."""

    code = "rows_refused"
    sentence = "Bảng tính còn {count} chỗ chưa đúng nên chưa dòng nào được ghi. Hãy sửa từng chỗ rồi gửi lại."

    def __init__(self, rows: Sequence[RowProblem], most: int) -> None:
        super().__init__(count=len(rows) if len(rows) < most else f"ít nhất {most}")
        self.rows = tuple(rows[:most])
