"""Where a request carries its secret: `Authorization: Bearer …`, or the session cookie; and how cookies are given."""

from datetime import timedelta

from starlette.responses import Response

SESSION_COOKIE, DEVICE_COOKIE, SIGN_ON_COOKIE = "thidua_session", "thidua_device", "thidua_sign_on"
_BOUND_TO_HOST = {
    SESSION_COOKIE: "__Host-thidua",
    DEVICE_COOKIE: "__Host-thidua-device",
    SIGN_ON_COOKIE: "__Host-thidua-sign-on",
}
"""Over HTTPS: with this prefix no other host of the domain and no plain connection can set them (RFC 6265bis)."""


def bearer_secret(authorization: str) -> str:
    """The secret of a bearer header; empty when the header is not one."""
    scheme, _, secret = authorization.partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else ""


def secret_of(authorization: str, cookie: str) -> str:
    """The secret that counts: a bearer token goes before the cookie. Empty when there is none."""
    return bearer_secret(authorization) or cookie


def cookie_name(cookie: str, *, secure: bool) -> str:
    """What the cookie is called on an installation with or without secure cookies."""
    return _BOUND_TO_HOST[cookie] if secure else cookie


def set_cookie(response: Response, cookie: str, value: str, lasts: timedelta, *, secure: bool) -> None:
    """Give a cookie that no script reads and no other site's change carries."""
    response.set_cookie(
        cookie_name(cookie, secure=secure),
        value,
        max_age=int(lasts.total_seconds()),
        secure=secure,
        httponly=True,
        samesite="lax",
    )


def drop_cookie(response: Response, cookie: str, *, secure: bool) -> None:
    """Let the browser forget it."""
    response.delete_cookie(cookie_name(cookie, secure=secure), secure=secure, httponly=True, samesite="lax")
