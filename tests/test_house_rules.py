"""The house rules that a machine can keep: sizes, names, words, and documents that tell the truth."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

from workflows import ALL, law

ROOT = Path(__file__).parent.parent
PACKAGES = ("engine", "workflows", "notifications", "migrations", "api", "web", "demo", "cli", "bench")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
MOST_LINES_A_FILE, MOST_LINES_A_FUNCTION = 400, 50
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", [*SOURCES, *TESTS], ids=name_of)
def test_file_fits_on_a_few_screens(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES_A_FILE


@pytest.mark.parametrize("path", [*SOURCES, *TESTS], ids=name_of)
def test_functions_can_be_held_in_the_head(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]

    too_long = [f.name for f in functions if (f.end_lineno or 0) - f.lineno >= MOST_LINES_A_FUNCTION]

    assert too_long == []


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_file_says_what_it_is_for(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))

    assert not tree.body or ast.get_docstring(tree)


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_file_has_a_name_that_says_something(path: Path) -> None:
    assert EMPTY_NAMES.isdisjoint(path.relative_to(ROOT).with_suffix("").parts)


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_nobody_below_the_composition_root_asks_the_clock_or_the_environment(path: Path) -> None:
    if path.relative_to(ROOT).parts[0] in ("cli", "bench", "demo") or name_of(path) == "api/clock.py":
        return
    text = path.read_text(encoding="utf-8")

    assert re.findall(r"datetime\.now\(|datetime\.utcnow\(|date\.today\(|\btime\.time\(|os\.environ\b", text) == []


def test_links_in_the_documents_lead_somewhere() -> None:
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    links = [(page, link) for page in pages for link in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text("utf-8"))]
    local = [(page, link) for page, link in links if "://" not in link]

    assert [f"{name_of(page)}: {link}" for page, link in local if not (page.parent / link).exists()] == []


def test_glossary_knows_every_process() -> None:
    glossary = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")

    assert [process.model_card.code for process in ALL if f"`{process.model_card.code}`" not in glossary] == []


def test_every_legal_row_has_its_citation() -> None:
    assert [(row.kind, row.key) for row in law.ALL if not row.citation] == []


def test_the_five_states_of_the_customer_exist_in_the_proposal() -> None:
    states = {process.model_card.code: process.model_card.states for process in ALL}["award_proposal"]

    wanted = ["drafted", "submitted", "appraised", "approved", "forwarded_to_city"]
    assert [name for name in wanted if name in states] == wanted


def test_no_lock_file_and_no_machine_path_is_committed() -> None:
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()

    assert [name for name in files if name.endswith("uv.lock")] == []
