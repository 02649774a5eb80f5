"""The played year, once for all tests and all their processes: whoever needs it first plays it."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from filelock import FileLock

from api.installation import DATABASE
from tests.year import autumn, closing, summer, winter
from tests.year.stage import CAPTURES, DELIVERED, Stage, open_stage
from tests.year.year import Year

CHAPTERS = (summer, autumn, winter, closing)
_REPORT = "report.json"


@dataclass(frozen=True, slots=True)
class Played:
    """A folder in which a year was played. `absences`: when nothing ticked."""

    folder: Path
    seconds: float
    absences: list[tuple[datetime, datetime]]

    @property
    def database(self) -> Path:
        return self.folder / DATABASE

    @property
    def captures(self) -> Path:
        return self.folder / CAPTURES

    def delivered(self) -> list[tuple[str, str]]:
        """Recipient and Message-ID of every letter that the mail server took, in order."""
        lines = (self.folder / DELIVERED).read_text(encoding="ascii").splitlines()
        return [(recipient, key) for recipient, _, key in (line.partition(" ") for line in lines)]


def shared_folder(base: Path, worker: str) -> Path:
    """Where all processes of a test run find the year: `base` of one that runs alone, its parent's of a worker."""
    return (base if worker == "master" else base.parent) / "the-year"


def played_in(folder: Path) -> Played:
    """The year played in that folder; played now when nobody has yet, waited for when somebody plays it."""
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "playing.lock"):
        if not (folder / _REPORT).exists():
            _play(folder / "office", folder / _REPORT)
    report = json.loads((folder / _REPORT).read_text(encoding="utf-8"))
    absences = [(datetime.fromisoformat(gone), datetime.fromisoformat(back)) for gone, back in report["absences"]]
    return Played(folder / "office", report["seconds"], absences)


@contextmanager
def played(folder: Path, chapters: int = len(CHAPTERS)) -> Iterator[Stage]:
    """A stage on which so many chapters have been played."""
    with open_stage(folder) as stage:
        year = Year(stage)
        for chapter in CHAPTERS[:chapters]:
            chapter.play(year)
        yield stage


def _play(folder: Path, report: Path) -> None:
    begun = time.perf_counter()
    with played(folder) as stage:
        absences = [[gone.isoformat(), back.isoformat()] for gone, back in stage.absences]
    report.write_text(json.dumps({"seconds": time.perf_counter() - begun, "absences": absences}), encoding="utf-8")
