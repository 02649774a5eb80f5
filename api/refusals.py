"""What the HTTP door refuses by itself, before or beside the engine; the same kind of error as the engine's."""

from engine.errors import NotAuthenticated, NotFound, Refused


class WrongPassword(NotAuthenticated):
    """One wording for an unknown name, a closed account and a wrong password."""

    code = "wrong_password"
    sentence = "Tên đăng nhập hoặc mật khẩu không đúng."


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


class CrossSite(Refused):
    code = "cross_site"
    sentence = "Yêu cầu đến từ một trang khác nên bị từ chối. Hãy thao tác từ chính trang của hệ thống."


class BodyTooLarge(Refused):
    code = "body_too_large"
    sentence = "Nội dung gửi lên vượt quá {limit_bytes} byte."


class BodyTooSlow(Refused):
    code = "body_too_slow"
    sentence = "Nội dung chưa gửi xong sau {seconds} giây. Hãy gửi lại."
