"""What the HTTP door refuses by itself, before or beside the engine; the same kind of error as the engine's."""

from engine.errors import NotAuthenticated, NotFound, Refused, TooManyAttempts


class WrongPassword(NotAuthenticated):
    """One wording for an unknown name, a closed account and a wrong password."""

    code = "wrong_password"
    sentence = "Tên đăng nhập hoặc mật khẩu không đúng."


class WrongConfirmation(NotAuthenticated):
    """Of somebody who is logged in: a session in wrong hands must not tell which of the two it was."""

    code = "wrong_confirmation"
    sentence = "Mật khẩu hoặc mã xác thực không đúng. Hãy nhập lại."


class SignOnFailed(NotAuthenticated):
    """Why is said to the person only as far as it helps them; the log has the cause."""

    code = "sign_on_failed"
    sentence = "Chưa đăng nhập một lần được: {why}. Hãy thử lại, hoặc đăng nhập bằng mật khẩu."


class UnknownAction(NotFound):
    code = "unknown_action"
    sentence = "Không có việc «{action}» cho hồ sơ này. Việc có thể làm: {available}."


class MalformedJson(Refused):
    code = "malformed_json"
    sentence = "Nội dung gửi lên không phải JSON hợp lệ: {why}."


class MalformedForm(Refused):
    code = "malformed_form"
    sentence = "Biểu mẫu gửi kèm tệp không đọc được: {why}."


class WrongMediaType(Refused):
    code = "unsupported_media_type"
    sentence = "Content-Type phải là {expected}."


class TooManyRequests(TooManyAttempts):
    """Of anything, right or wrong: more than people and their programs need."""

    code = "too_many_requests"
    sentence = "Quá nhiều yêu cầu trong một phút. Hãy thử lại sau {seconds} giây."


class CrossSite(Refused):
    code = "cross_site"
    sentence = "Yêu cầu đến từ một trang khác nên bị từ chối. Hãy thao tác từ chính trang của hệ thống."


class BodyTooLarge(Refused):
    code = "body_too_large"
    sentence = "Nội dung gửi lên vượt quá {limit_bytes} byte."


class BodyTooSlow(Refused):
    code = "body_too_slow"
    sentence = "Nội dung chưa gửi xong sau {seconds} giây. Hãy gửi lại."
