"""The words of each notice: three sentences from a template in the process's room, or from the engine's own.

A template defines the blocks `subject` (what, and the case's code), `happened` and `todo`. It is plain
text; the layouts around it are `notifications.letters`. Dates print as 31/07/2024; `|day_month` shortens
one to 31/07, and `|inside` begins a phrase with a small letter.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from jinja2 import (
    Environment,
    StrictUndefined,
    Template,
    TemplateError,
    TemplateNotFound,
    TemplateRuntimeError,
    TemplateSyntaxError,
    meta,
)

from engine.definition.model import ProcessModel
from engine.definition.registry import Registry
from engine.errors import DefinitionError
from engine.instants import vn_date
from notifications.facts import ENGINE_KINDS, names_of, samples

BLOCKS = ("subject", "happened", "todo")
ENGINE_ROOM = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Sentences:
    """What a notice says, each on one line of plain Vietnamese."""

    subject: str
    happened: str
    todo: str


class Words:
    """The templates of every process and kind; made by `prove` only, so that none can be missing."""

    def __init__(self, templates: Mapping[tuple[str, str], Template]) -> None:
        self._templates = templates

    def of(self, process: str, kind: str, facts: Mapping[str, Any]) -> Sentences:
        """The sentences for a notice of that kind about a case of that process.

        Raises:
            TemplateError: a fact that the template names is missing, or no such kind is declared any more.
        """
        template = self._templates.get((process, kind))
        if template is None:
            raise TemplateNotFound(f"{process}/{kind}")
        return _sentences(template, facts)


def prove(registry: Registry) -> Words:
    """Render every template of every kind that the processes and the engine declare, with sample facts.

    Raises:
        DefinitionError: a template is missing or broken, names a fact that its kind does not have, says
            nothing, or two tells of one process have the same subject; with each process and kind.
    """
    found: dict[tuple[str, str], Template] = {}
    wrong: list[str] = []
    for model in registry.models:
        subjects: dict[str, str] = {}
        for kind in dict.fromkeys((*ENGINE_KINDS, *told_kinds(model))):
            try:
                found[model.code, kind] = template = _proven(model, kind)
            except TemplateSyntaxError as fault:
                wrong.append(f"{model.code}, mail {kind}: line {fault.lineno}: {fault.message}")
                continue
            except (TemplateError, DefinitionError) as fault:
                wrong.append(f"{model.code}, mail {kind}: {fault}")
                continue
            if kind not in ENGINE_KINDS:
                subject = _sentences(template, next(samples(model, kind))).subject
                twin = subjects.setdefault(subject, kind)
                wrong += [f"{model.code}, mail {kind}: has the subject of {twin}"] if twin != kind else []
    if wrong:
        raise DefinitionError("; ".join(wrong))
    return Words(found)


def told_kinds(model: ProcessModel) -> tuple[str, ...]:
    """The kinds of notice that the process itself declares, in the order of its actions."""
    return tuple(dict.fromkeys(tell.kind for action in model.actions.values() for tell in action.tells))


def _proven(model: ProcessModel, kind: str) -> Template:
    source = _source(model, kind)
    jinja = _environment()
    unknown = sorted(meta.find_undeclared_variables(jinja.parse(source)) - set(names_of(kind)))
    if unknown:
        raise DefinitionError(f"no such fact: {', '.join(unknown)}")
    template = jinja.from_string(source)
    absent = [block for block in BLOCKS if block not in template.blocks]
    if absent:
        raise DefinitionError(f"block missing: {', '.join(absent)}")
    for sample in samples(model, kind):
        sentences = _sentences(template, sample)
        silent = [block for block in BLOCKS if not getattr(sentences, block)]
        if silent:
            raise DefinitionError(f"block says nothing: {', '.join(silent)}")
        if sample["code"] not in sentences.subject:
            raise DefinitionError("the subject does not name the case's code")
    return template


def _source(model: ProcessModel, kind: str) -> str:
    if not (kind.isascii() and kind.isidentifier()):
        raise DefinitionError("a kind is an ASCII identifier: it names a file and a List-Id")
    if kind in ENGINE_KINDS and kind in told_kinds(model):
        raise DefinitionError("the engine itself has a kind of that name")
    rooms = [model.room / "mails", *([ENGINE_ROOM] if kind in ENGINE_KINDS else [])]
    for path in (room / f"{kind}.txt.j2" for room in rooms):
        if path.is_file():
            return path.read_text(encoding="utf-8")
    raise DefinitionError(f"the template {rooms[0] / f'{kind}.txt.j2'} is missing")


def _sentences(template: Template, facts: Mapping[str, Any]) -> Sentences:
    context = template.new_context(dict(facts))
    said = ("".join(template.blocks[block](context)) for block in BLOCKS)
    return Sentences(*(" ".join(text.split()) for text in said))


def _environment() -> Environment:
    """A missing name is an error, and so is printing a date that may be empty."""
    made = Environment(undefined=StrictUndefined, autoescape=False, finalize=_shown, trim_blocks=True)
    made.filters["day_month"] = lambda day: f"{day:%d/%m}"
    made.filters["inside"] = _inside
    return made


def _shown(value: Any) -> Any:
    if value is None:
        raise TemplateRuntimeError("a fact is printed that may be empty: ask for it with if")
    return vn_date(value) if isinstance(value, date) else value


def _inside(phrase: str) -> str:
    """As in "Cần duyệt đơn"; abbreviations ("UBND phường") stay as they are."""
    return phrase if phrase[1:2].isupper() else phrase[:1].lower() + phrase[1:]
