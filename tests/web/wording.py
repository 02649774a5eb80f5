"""Every Vietnamese text that the pages show by themselves: what the catalogue of another language must have."""

import ast
import enum
import inspect
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from jinja2.ext import babel_extract
from pydantic import BaseModel

import api.refusals
import engine.administration.refusals
from api.errors import TITLES
from engine.definition.model import ProcessModel
from engine.errors import Refused
from engine.office.files import _SENTENCES as FILE_SENTENCES
from workflows import ALL, roles

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted(path for room in ("web", "demo") for path in (ROOT / room / "templates").rglob("*.j2"))
MODULES = sorted(path for room in ("web", "demo") for path in (ROOT / room).rglob("*.py"))
NOT_SHOWN = {"web/entry/columns.py", "web/languages/__init__.py"}  # what headings are understood, not shown
OF_THE_DEMO = {"demo/bar.py"}  # the rest of it is data
VIETNAMESE = re.compile("[àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ]", re.IGNORECASE)
LEFT_OUT = (ast.JoinedStr, ast.Compare)
OPTIONS = {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}
REFUSALS = (api.refusals, engine.administration.refusals)  # imported, so that their classes are known


def texts() -> Mapping[str, str]:
    """Each text with where it stands."""
    found: dict[str, str] = {}
    for where, text in (*_of_templates(), *_of_modules(), *_of_definitions(), *_of_refusals()):
        if text:
            found.setdefault(text, where)
    return found


def _of_templates() -> Iterator[tuple[str, str]]:
    for path in TEMPLATES:
        with path.open("rb") as template:
            for _, _, message, _ in babel_extract(template, ["_"], [], OPTIONS):
                text = message if isinstance(message, str) else next(filter(None, message or ()), "")
                yield path.name, text


def _of_modules() -> Iterator[tuple[str, str]]:
    """Literals with Vietnamese letters, but for docstrings and the pieces of f-strings."""
    for path in MODULES:
        name = path.relative_to(ROOT).as_posix()
        if name in NOT_SHOWN or (name.startswith("demo/") and name not in OF_THE_DEMO):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        pieces = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
        said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            is_text = isinstance(node, ast.Constant) and isinstance(node.value, str) and VIETNAMESE.search(node.value)
            if is_text and id(node) not in pieces | said:
                yield name, node.value


def _of_definitions() -> Iterator[tuple[str, str]]:
    yield from (("roles", role.label) for role in roles.ALL)
    for process in ALL:
        yield from ((process.model_card.code, text) for text in _of_model(process.model_card))


def _of_model(model: ProcessModel) -> Iterator[str]:
    yield model.title
    yield from model.papers.values()
    yield from (duty.label for duty in model.separate)
    yield from _of_form(model.dossier, set())
    for state in model.states.values():
        yield from (state.status, state.todo or "")
    for guard in model.guards.values():
        yield from (guard.unmet, guard.otherwise, guard.remedy, guard.title)
    for action in model.actions.values():
        yield action.label
        yield from (rule.title for rule in action.rules)
        if action.form is not None:
            yield from _of_form(action.form, set())


def _of_form(form: type[BaseModel], seen: set[Any]) -> Iterator[str]:
    seen.add(form)
    for field in form.model_fields.values():
        yield field.title or ""
        for kind in _parts(field.annotation):
            if inspect.isclass(kind) and issubclass(kind, enum.Enum):
                yield from (getattr(one, "label", "") for one in kind)
            elif inspect.isclass(kind) and issubclass(kind, BaseModel) and kind not in seen:
                yield from _of_form(kind, seen)


def _parts(annotation: Any) -> Iterator[Any]:
    yield annotation
    for part in get_args(annotation):
        yield from _parts(part)


def _of_refusals() -> Iterator[tuple[str, str]]:
    yield from (("titles", title) for title in TITLES.values())
    yield from (("files", sentence) for sentence in FILE_SENTENCES.values())
    for refusal in _below(Refused):
        if refusal.__module__.split(".")[0] != "tests" and isinstance(getattr(refusal, "sentence", None), str):
            yield refusal.__name__, refusal.sentence


def _below(kind: type[Refused]) -> Iterator[type[Refused]]:
    for one in kind.__subclasses__():
        yield one
        yield from _below(one)
