"""Everything the engine can refuse, as one tree.

    EngineError
    ├─ DefinitionError        a process is written wrongly; stops the start-up, never a request
    └─ Refused                understood, and the answer is no; nothing was changed
       ├─ NotAuthenticated    no valid session or token
       ├─ ConfirmationNeeded  deciding and signing ask for the password or code again
       ├─ ScopeMissing        the token may not be used for this
       ├─ SessionNeeded       for people who are logged in themselves, not for tokens
       ├─ SecondFactorNeeded  the password was right; the code of the second factor is missing
       ├─ WrongCode           that code does not fit now, or was used before
       ├─ SecondFactorStands  there is one already; it must be taken away first
       ├─ NotInvitable        nobody can be invited to that account
       ├─ NotFound            no such thing, or not visible to this actor
       │  └─ LinkSpent        the link was used, is too old, or a newer one took its place
       ├─ NotPerformer        visible, but this actor may not take this action
       │  ├─ TaskAssigned     the task is somebody else's of that role
       │  ├─ OwnCase          nobody acts on the case in which they are proposed
       │  └─ DutySeparated    who had another duty on the case does not take this one
       ├─ ActionNotAvailable  the action does not leave this state
       ├─ GuardUnmet          a condition does not hold; `reasons` says which
       ├─ ReadOnly            the case is archived under a retention rule
       ├─ LinesRefused        a group moves as a whole, and some of its lines cannot
       ├─ StaleVersion        somebody acted first; reload and look again
       ├─ VersionMissing      a change must name the version that it was decided on
       ├─ KeyReused           the idempotency key already stands for another request
       ├─ InvalidInput        the form is not satisfied; `fields` says where
       ├─ FileRefused         an attachment that cannot be taken (engine.office.files)
       ├─ TooManyAttempts     wait before trying again
       └─ Unavailable         the engine cannot write at the moment

A refusal is a code with parameters; `sentence` is its Vietnamese wording, filled with the parameters.
Status codes live in `api.errors` only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar


class EngineError(Exception):
    """Base of everything that the engine raises on purpose."""


class DefinitionError(EngineError):
    """A process definition that must not run. The message names the process, the state and the line."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One condition that does not hold: which rule says so, what that rule rests on, and what would help."""

    code: str
    sentence: str
    citation: str = ""
    mark: str = ""
    remedy: str = ""


class Refused(EngineError):
    """The answer is no. `params` fill the sentence and go to the client as they are."""

    code: ClassVar[str] = "refused"
    sentence: ClassVar[str] = "Yêu cầu bị từ chối."

    def __init__(self, **params: str | int) -> None:
        self.params: Mapping[str, str | int] = params
        super().__init__(self.sentence.format(**params))


class NotAuthenticated(Refused):
    code = "not_authenticated"
    sentence = "Bạn chưa đăng nhập, hoặc phiên đăng nhập đã hết hạn. Hãy đăng nhập lại."


class ConfirmationNeeded(Refused):
    code = "confirmation_needed"
    sentence = (
        "Việc này cần xác nhận lại: hãy nhập mật khẩu hoặc mã xác thực (POST /api/v1/session/confirmation), "
        "vì lần xác nhận trước đã quá {minutes} phút."
    )


class ScopeMissing(Refused):
    code = "scope_missing"
    sentence = "Mã truy cập này không có phạm vi «{scope}». Hãy tạo mã khác có phạm vi đó."


class SessionNeeded(Refused):
    code = "session_needed"
    sentence = "Việc này chỉ làm được khi tự đăng nhập, không làm bằng mã truy cập."


class SecondFactorNeeded(Refused):
    code = "second_factor_needed"
    sentence = "Tài khoản này có xác thực hai lớp: hãy nhập thêm mã 6 số của ứng dụng xác thực."


class WrongCode(Refused):
    code = "wrong_code"
    sentence = "Mã xác thực không đúng hoặc đã dùng rồi. Hãy đợi mã mới rồi nhập lại."


class SecondFactorStands(Refused):
    code = "second_factor_stands"
    sentence = "Tài khoản đã có xác thực hai lớp. Muốn thay, hãy bỏ lớp đang dùng trước."


class NotInvitable(Refused):
    code = "not_invitable"
    sentence = "Chưa gửi được lời mời: {why}."


class NotFound(Refused):
    code = "not_found"
    sentence = "Không tìm thấy {what}, hoặc bạn không có quyền xem."


class LinkSpent(NotFound):
    code = "link_spent"
    sentence = "Liên kết này không còn dùng được (đã dùng, quá hạn hoặc đã có liên kết mới hơn). Hãy xin liên kết mới."


class NotPerformer(Refused):
    code = "not_performer"
    sentence = "Việc «{action}» dành cho: {who}."


class TaskAssigned(NotPerformer):
    code = "task_assigned"
    sentence = "Việc «{action}» đã giao cho {who}. Muốn làm thay, hãy đề nghị giao lại."


class OwnCase(NotPerformer):
    code = "own_case"
    sentence = (
        "Bạn là người được đề nghị khen thưởng nên không «{action}» hồ sơ này. Người khác giữ vai trò này: {who}."
    )


class DutySeparated(NotPerformer):
    code = "duty_separated"
    sentence = (
        "Bạn đã {done} hồ sơ này nên không thể «{action}»: hai việc phải do hai người khác nhau. "
        "Người khác giữ vai trò này: {who}."
    )


class ActionNotAvailable(Refused):
    code = "action_not_available"
    sentence = "Không thể «{action}» khi hồ sơ ở trạng thái «{state}». Việc có thể làm: {available}."


class GuardUnmet(Refused):
    code = "guard_unmet"
    sentence = "Chưa thể «{action}»: còn điều kiện chưa đạt."

    def __init__(self, reasons: tuple[Reason, ...], **params: str | int) -> None:
        super().__init__(**params)
        self.reasons = reasons


class ReadOnly(Refused):
    code = "read_only"
    sentence = "Hồ sơ đã đưa vào lưu trữ ngày {day} theo {rule}: chỉ xem, không thay đổi được nữa."


class LinesRefused(Refused):
    code = "lines_refused"
    sentence = "Chưa thể «{action}»: {count} hồ sơ trong danh sách chưa đạt điều kiện; chưa hồ sơ nào được chuyển."

    def __init__(self, lines: Mapping[str, tuple[Reason, ...]], **params: str | int) -> None:
        super().__init__(**params)
        self.lines = lines


class StaleVersion(Refused):
    code = "stale_version"
    sentence = "Hồ sơ đã được người khác thay đổi (bản {actual}, bạn đang xem bản {expected}). Hãy tải lại."


class VersionMissing(Refused):
    code = "version_missing"
    sentence = "Thiếu If-Match: mỗi thay đổi phải nêu phiên bản của hồ sơ mà bạn đã xem."


class KeyReused(Refused):
    code = "idempotency_key_reused"
    sentence = "Idempotency-Key này đã dùng cho một yêu cầu khác. Hãy dùng khóa mới."


class InvalidInput(Refused):
    code = "invalid_input"
    sentence = "Dữ liệu chưa hợp lệ: xem từng mục."

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__()
        self.fields = fields


class TooManyAttempts(Refused):
    code = "too_many_attempts"
    sentence = "Quá nhiều lần thử. Hãy thử lại sau {seconds} giây."


class Unavailable(Refused):
    code = "unavailable"
    sentence = "Hệ thống tạm thời chưa ghi được. Hãy thử lại sau {seconds} giây."
