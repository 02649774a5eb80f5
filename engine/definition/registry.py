"""All processes of an installation, and the checks that need to see more than one of them."""

from collections.abc import Iterable, Iterator

from engine.definition.deadlines import Due, DueKind
from engine.definition.language import Process, Role
from engine.definition.model import ProcessModel
from engine.errors import DefinitionError, NotFound
from engine.office.law import LegalRow


class Registry:
    """Process definitions by code and by collection.

    administrator: the role that repairs incidents. roles: those that people hold though no definition
    names them. law: the rows that definitions refer to.

    Raises:
        DefinitionError: a definition refers to a process, field, action or legal row that does not exist.
    """

    def __init__(
        self,
        processes: Iterable[type[Process]],
        *,
        administrator: Role,
        roles: Iterable[Role] = (),
        law: Iterable[LegalRow] = (),
    ) -> None:
        self.models = tuple(_model(process) for process in processes)
        self.administrator = administrator
        self.by_code: dict[str, ProcessModel] = {model.code: model for model in self.models}
        self.by_collection: dict[str, ProcessModel] = {model.collection: model for model in self.models}
        held = {administrator, *roles, *(role for model in self.models for role in model.roles())}
        self.roles: dict[str, Role] = {role.code: role for role in sorted(held, key=lambda role: role.code)}
        known = {(row.kind, row.key) for row in law}
        wrong = [*self._twice(held), *(w for model in self.models for w in self._dangling(model, known))]
        if wrong:
            raise DefinitionError("; ".join(wrong))

    def collection(self, name: str) -> ProcessModel:
        """The process whose cases live under that name.

        Raises:
            NotFound: there is none.
        """
        model = self.by_collection.get(name)
        if model is None:
            raise NotFound(what=f"loại hồ sơ «{name}»")
        return model

    def below(self, code: str) -> tuple[ProcessModel, ...]:
        """The processes whose instances may have such a parent."""
        return tuple(model for model in self.models if code in model.begin.below)

    def _twice(self, roles: Iterable[Role]) -> Iterator[str]:
        for name in ("code", "collection", "prefix"):
            values = [getattr(model, name) for model in self.models]
            yield from (f"{name} {v} is used twice" for v in sorted({v for v in values if values.count(v) > 1}))
        codes = [role.code for role in roles]
        yield from (f"role {c} is described twice" for c in sorted({c for c in codes if codes.count(c) > 1}))

    def _dangling(self, model: ProcessModel, known: set[tuple[str, str]]) -> Iterator[str]:
        for state in model.states.values():
            yield from (f"{model.code}, {state.id}: {w}" for w in self._due(state.due, known))
        for action in model.actions.values():
            where = f"{model.code}, line {action.line}, «{action.label}»"
            if action.at is not None:
                yield from (f"{where}: {w}" for w in self._due(action.at, known))
            for rule in action.rules:
                if ("rule", rule.code) not in known:
                    yield f"{where}: rule {rule.code} has no legal row"
            if action.carries and not any(action.carries in child.actions for child in self.below(model.code)):
                yield f"{where}: carries {action.carries}, which no process below has"
        yield from (
            f"{model.code}: below {p}, which does not exist" for p in model.begin.below if p not in self.by_code
        )

    def _due(self, due: Due, known: set[tuple[str, str]]) -> Iterator[str]:
        limits = {key for kind, key in known if kind == "time_limit"}
        if due.kind is DueKind.LEGAL_LIMIT and not any(
            key.startswith(f"{due.path}.") if due.by else key == due.path for key in limits
        ):
            yield f"time limit {due.path} has no legal row"
        process, _, name = due.path.rpartition(".")
        if due.kind is DueKind.DATE and process:
            above = self.by_code.get(process)
            if above is None or name not in above.dossier.model_fields:
                yield f"due at {due.path}, which no process has"


def _model(process: type[Process]) -> ProcessModel:
    """What @process left on the class itself; a subclass of a process is none."""
    model = vars(process).get("model_card")
    if not isinstance(model, ProcessModel):
        raise DefinitionError(f"{process.__name__}: is not decorated with @process")
    return model
