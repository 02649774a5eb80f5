"""The reason that somebody gives for what they do with personal data; it is recorded."""

from typing import Annotated

from pydantic import BaseModel, Field

from engine.privacy import circle

SAYS_SOMETHING = "[0-9A-Za-zÀ-ỹ]"
Why = Annotated[
    str,
    Field(
        title="Lý do",
        min_length=10,
        max_length=500,
        pattern=SAYS_SOMETHING,
        description="Recorded, in the open",
        json_schema_extra={"not": {"pattern": circle.IDENTITY_NUMBER}},
    ),
]


class ReasonWish(BaseModel):
    reason: Why
