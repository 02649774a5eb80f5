"""The bench's table, the machine it was measured on, and the files that keep both."""

import json
import os
import platform
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from textwrap import wrap

import psycopg

from bench.measuring import Bench, Part, Row
from bench.raw import DRIVER

ROOT = Path(__file__).parent.parent
RESULTS = Path(__file__).parent / "results"
HEADS = ("what", "on", "median", "p99", "ratio", "", "goal")
SYNCS = 200

Measured = Sequence[tuple[Part, Sequence[Row]]]


def number(figure: float) -> str:
    """Three digits, or all before the point."""
    return f"{figure:,.0f}" if abs(figure) >= 100 else f"{figure:.3g}"


def cells(row: Row) -> tuple[str, ...]:
    """A row as the table shows it, below HEADS."""
    value = f"{number(row.value)} {row.unit}" if row.value is not None else ""
    p99 = f"{number(row.p99)} {row.unit}" if row.p99 is not None else ""
    ratio = f"{number(row.ratio)} ×" if row.ratio is not None else ""
    return row.what, row.on, value, p99, ratio, row.to if ratio else "", "; ".join(_goals(row))


def _goals(row: Row) -> Iterable[str]:
    for goal in row.goals:
        figure = row.figure(goal.of)
        name = {"ratio": "", "value": "", "tail": "p99/median "}[goal.of]
        shown = f"{name}{goal.sign} {goal.bound:,g}"
        if figure is None:
            yield f"{shown}: not measured"
        else:
            verdict = "met" if goal.met(figure) else "missed"
            yield f"{shown}: {verdict}" + (f" ({number(figure)})" if goal.of == "tail" else "")


def text_of(measured: Measured, machine: Mapping[str, str]) -> str:
    """Everything as one table of plain text, the machine below it."""
    body = [(part, [cells(row) for row in rows], rows) for part, rows in measured]
    lines = [HEADS, *(line for _, shown, _ in body for line in shown)]
    widths = [max(len(line[n]) for line in lines) for n in range(len(HEADS))]
    rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
    text = [_line(HEADS, widths), rule]
    for part, shown, rows in body:
        text.extend(wrap(f"[{part.name}] {part.caption}", len(rule)))
        for line, row in zip(shown, rows, strict=True):
            text.append(_line(line, widths))
            if row.note:
                text.extend(wrap(row.note, len(rule), initial_indent="    ", subsequent_indent="    "))
        text.append(rule)
    text.extend(f"{name}: {said}" for name, said in machine.items())
    return "\n".join(text) + "\n"


def _line(line: Sequence[str], widths: Sequence[int]) -> str:
    padded = (
        said.rjust(w) if 2 <= n <= 4 else said.ljust(w) for n, (said, w) in enumerate(zip(line, widths, strict=True))
    )
    return "  ".join(padded).rstrip()


def keep(measured: Measured, machine: Mapping[str, str], at: datetime, folder: Path = RESULTS) -> Path:
    """Write the table as text and as JSON, named by date and parts; returns the path of the text."""
    folder.mkdir(parents=True, exist_ok=True)
    name = "-".join([at.strftime("%Y-%m-%d-%H%M"), *(part.name for part, _ in measured)])
    content = {
        "at": at.isoformat(timespec="seconds"),
        "machine": dict(machine),
        "parts": [
            {"name": part.name, "caption": part.caption, "rows": [asdict(row) for row in rows]}
            for part, rows in measured
        ],
    }
    (folder / f"{name}.json").write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    readable = folder / f"{name}.txt"
    readable.write_text(f"{at.isoformat(timespec='seconds')}\n\n{text_of(measured, machine)}", encoding="utf-8")
    return readable


def machine_of(bench: Bench) -> dict[str, str]:
    """What a figure depends on: the machine, its disk, the versions, what else was running."""
    return {
        "machine": f"{os.cpu_count()} × {_processor()}, {_memory_gb():.0f} GB",
        "system": f"{platform.system()} {platform.release()}",
        "load before": " ".join(f"{load:.2f}" for load in os.getloadavg()),
        "disk": f"8 KiB written and synced in {_sync(bench.folder):.0f} µs ({SYNCS} times, median)",
        "Python": platform.python_version(),
        "SQLite": DRIVER.sqlite_version,
        "PostgreSQL": _postgres_version(bench),
        "source": _commit(),
        "rounds": f"{bench.rounds}{', quick: the figures mean little' if bench.quick else ''}",
    }


def _processor() -> str:
    found = Path("/proc/cpuinfo")
    if found.exists():
        for line in found.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _memory_gb() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def _sync(folder: Path) -> float:
    """What it costs to have 8 KiB on the disk, in microseconds."""
    spent = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(SYNCS):
            begun = time.perf_counter_ns()
            file.write(b"\0" * 8192)
            file.flush()
            os.fsync(file.fileno())
            spent.append((time.perf_counter_ns() - begun) / 1000)
    return statistics.median(spent)


def _postgres_version(bench: Bench) -> str:
    if bench.server is None:
        return "none"
    with psycopg.connect(bench.server.url) as connection:
        version, fsync = (connection.execute(sql).fetchone() for sql in ("SHOW server_version", "SHOW fsync"))
    assert version is not None
    assert fsync is not None
    return f"{version[0]}, fsync {fsync[0]}"


def _commit() -> str:
    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()

    return (git("rev-parse", "--short", "HEAD") or "unknown") + (
        ", changed since" if git("status", "--porcelain") else ""
    )
