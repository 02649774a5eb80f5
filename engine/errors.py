"""Everything the engine can refuse, as one tree.

    EngineError
    ├─ DefinitionError        a process is written wrongly; stops the start-up, never a request
    └─ Refused                understood, and the answer is no; nothing was changed
       ├─ NotAuthenticated    no valid session or token
       ├─ ConfirmationNeeded  deciding and signing ask for the password or code again
       ├─ ScopeMissing        the token may not be used for this
       ├─ NotFound            no such thing, or not visible to this actor
       ├─ NotPerformer        visible, but this actor may not take this action
       ├─ ActionNotAvailable  the action does not leave this state
       ├─ GuardUnmet          a condition does not hold; `reasons` says which
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
    """One condition that does not hold: which rule says so, and what that rule rests on."""

    code: str
    sentence: str
    citation: str = ""
    mark: str = ""


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
    sentence = "Việc này là ký hoặc quyết định: hãy nhập lại mật khẩu hoặc mã xác thực (đã quá {minutes} phút)."


class ScopeMissing(Refused):
    code = "scope_missing"
    sentence = "Mã truy cập này không có phạm vi «{scope}». Hãy tạo mã khác có phạm vi đó."


class NotFound(Refused):
    code = "not_found"
    sentence = "Không tìm thấy {what}, hoặc bạn không có quyền xem."


class NotPerformer(Refused):
    code = "not_performer"
    sentence = "Việc «{action}» dành cho: {who}."


class ActionNotAvailable(Refused):
    code = "action_not_available"
    sentence = "Không thể «{action}» khi hồ sơ ở trạng thái «{state}». Việc có thể làm: {available}."


class GuardUnmet(Refused):
    code = "guard_unmet"
    sentence = "Chưa thể «{action}»: còn điều kiện chưa đạt."

    def __init__(self, reasons: tuple[Reason, ...], **params: str | int) -> None:
        super().__init__(**params)
        self.reasons = reasons


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
