"""Dates in a query: ISO text only. Pydantic by itself also takes a number for seconds since 1970."""

import re
from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator

from engine.definition.sentences import NO_DATE

_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _iso_only(given: Any) -> Any:
    if isinstance(given, str) and not _ISO.fullmatch(given):
        raise ValueError(NO_DATE)
    return given


Day = Annotated[date | None, BeforeValidator(_iso_only)]
