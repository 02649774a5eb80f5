"""Where a request carries its secret: `Authorization: Bearer …`, or the session cookie."""

COOKIE = "thidua_session"


def bearer_secret(authorization: str) -> str:
    """The secret of a bearer header; empty when the header is not one."""
    scheme, _, secret = authorization.partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else ""


def secret_of(authorization: str, cookie: str) -> str:
    """The secret that counts: a bearer token goes before the cookie. Empty when there is none."""
    return bearer_secret(authorization) or cookie
