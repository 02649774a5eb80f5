"""Making an API token, whichever way it is asked for."""

from datetime import timedelta
from typing import Any

from pydantic import BaseModel, Field

from api.logins import new_secret
from engine.instants import to_micros
from engine.runtime import accounts
from engine.runtime.accounts import TOKEN_KIND, Scope
from engine.runtime.database import Transaction
from engine.runtime.present import instant
from engine.runtime.service import Engine

POWERFUL = {Scope.SIGN, Scope.ADMINISTER}


class TokenWish(BaseModel):
    name: str = Field(min_length=1, max_length=100, description="What it is for")
    days: int = Field(ge=1, le=365, description="How long it lasts")
    scopes: list[Scope] = Field(
        default_factory=lambda: [Scope.READ, Scope.ACT],
        min_length=1,
        max_length=len(Scope),
        json_schema_extra={"default": [Scope.READ, Scope.ACT]},
        description="What it may be used for. With sign or administer, password or code must have been given lately",
    )


def open_token(engine: Engine, tx: Transaction, secret: str, wish: TokenWish) -> dict[str, Any]:
    """Make a token for whoever sits behind that secret; its own secret is in what is returned and nowhere else.

    Raises:
        NotAuthenticated, SessionNeeded: no session. ConfirmationNeeded: for sign and administer, if it was long ago.
    """
    wall_now, token, scopes = engine.wall(), new_secret(), frozenset(wish.scopes)
    login = accounts.own_session(tx, secret, wall_now, fresh=not scopes.isdisjoint(POWERFUL))
    lasts = timedelta(days=wish.days)
    key = accounts.open_login(
        tx, login.person_id, token, wall_now, kind=TOKEN_KIND, name=wish.name, lasts=lasts, scopes=scopes
    )
    return {
        "id": str(key),
        "name": wish.name,
        "scopes": sorted(scopes),
        "created_at": instant(to_micros(wall_now)),
        "expires_at": instant(to_micros(wall_now + lasts)),
        "last_used_at": None,
        "token": token,
    }
