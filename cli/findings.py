"""What `thidua doctor` says: a finding, and how bad it is."""

from dataclasses import dataclass
from enum import StrEnum


class Weight(StrEnum):
    """How bad it is. Only the first makes the command fail."""

    UNSAFE = "LỖI"
    WARNING = "CẢNH BÁO"
    NOTE = "GHI CHÚ"


@dataclass(frozen=True, slots=True)
class Finding:
    """`code` is stable, for programs; `sentence` is for whoever runs the installation."""

    weight: Weight
    code: str
    sentence: str
