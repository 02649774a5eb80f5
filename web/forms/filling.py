"""What a person sends with a form, checked as far as a page can: the engine has the last word."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from engine.definition.sentences import field_sentences
from engine.errors import InvalidInput
from web.forms.fields import Field
from web.forms.typed import Typed, read, renumbered
from web.forms.view import over


@dataclass(frozen=True, slots=True)
class Filled:
    """typed: as it stands in the form, empty rows of tables taken out. document: what was meant by it."""

    typed: dict[str, list[str]]
    document: dict[str, Any]
    unreadable: Mapping[str, str]

    def must_be_readable(self, model: type[BaseModel] | None = None) -> None:
        """Refuse what cannot be read; then also with all that the model finds wrong in the rest.

        Raises:
            InvalidInput: with a sentence for each field.
        """
        if not self.unreadable:
            return
        found: dict[str, str] = {}
        if model is not None:
            try:
                model.model_validate(self.document)
            except ValidationError as wrong:
                found = field_sentences(wrong.errors())
        raise InvalidInput({**found, **self.unreadable})


def filled(fields: tuple[Field, ...], sent: Typed, seen: Typed) -> Filled:
    """What was sent; seen: what stood in the fields before."""
    typed = renumbered(fields, over(fields, sent, seen))
    document, unreadable = read(fields, typed)
    return Filled(typed, document, unreadable)
