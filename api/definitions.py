"""A process definition in words for clients: everything comes from the compiled model and the law book."""

from collections.abc import Iterable
from datetime import date

from api.schemas import (
    ActionCard,
    BeginCard,
    Definition,
    DefinitionBrief,
    DueRule,
    GuardCard,
    Labelled,
    Limit,
    Move,
    PaperKind,
    Place,
    Reminder,
    RuleCard,
    StateCard,
)
from engine.definition.deadlines import Due, DueKind
from engine.definition.language import Action, Role, Rule
from engine.definition.model import Branch, GuardUse, ProcessModel, StateModel
from engine.office.law import LawBook


def brief(model: ProcessModel) -> DefinitionBrief:
    """The names of a process."""
    return DefinitionBrief(
        code=model.code, collection=model.collection, title=model.title, version=model.version, prefix=model.prefix
    )


def whole(model: ProcessModel, law: LawBook, today: date) -> Definition:
    """A process with its states, actions and papers, and the law in force on that day."""
    return Definition(
        **brief(model).model_dump(),
        initial=model.initial,
        obligation=model.obligation,
        begin=_begin(model),
        states=[_state(state, law, today) for state in model.states.values()],
        actions=[_action(model, action, law, today) for action in model.actions.values()],
        papers=[PaperKind(kind=kind, label=label) for kind, label in model.papers.items()],
        dossier=model.dossier.model_json_schema(),
    )


def _begin(model: ProcessModel) -> BeginCard:
    places = [Place(below=code, by=_roles(by)) for code, by in model.begin.below.items()]
    if model.begin.by or not places:
        places = [Place(below=None, by=_roles(model.begin.by)), *places]
    guards = (model.guards[name] for name in model.begin.cond)
    return BeginCard(places=places, guards=[GuardCard(code=g.name, sentence=g.unmet) for g in guards])


def _state(state: StateModel, law: LawBook, today: date) -> StateCard:
    return StateCard(
        id=state.id,
        label=state.status,
        phase=state.phase,
        final=state.final,
        good=state.good,
        owner=_role(state.owner) if state.owner else None,
        todo=state.todo,
        due=_due(state.due, law, today),
        reminders=[Reminder(days=r.days, every=r.every or None, to=_roles(r.to)) for r in state.remind],
        edits=sorted(state.edits),
        pauses=state.pauses,
        time_out=state.time_out or None,
    )


def _action(model: ProcessModel, action: Action, law: LawBook, today: date) -> ActionCard:
    moves = [
        _move(model, action, source, branch)
        for (source, name), branches in model.table.items()
        if name == action.id
        for branch in branches
    ]
    return ActionCard(
        id=action.id,
        label=action.label,
        by="clock" if action.at else "message" if action.carried else "person",
        moves=moves,
        rules=[_rule(rule, law, today) for rule in action.rules],
        form=action.form.model_json_schema() if action.form else None,
        due=_due(action.at, law, today) if action.at else None,
        carries=action.carries or None,
    )


def _move(model: ProcessModel, action: Action, source: str, branch: Branch) -> Move:
    performers = () if action.at or action.carried else model.performers(source, action.id)
    return Move.model_validate(
        {
            "from": source,
            "to": branch.target,
            "performers": _roles(performers),
            "guards": [_guard(use) for use in branch.guards],
        }
    )


def _guard(use: GuardUse) -> GuardCard:
    reason = use.guard.reason(use.wanted)
    return GuardCard(code=reason.code, sentence=reason.sentence)


def _rule(rule: Rule, law: LawBook, today: date) -> RuleCard:  # type: ignore[type-arg]  # of any dossier
    row = law.find("rule", rule.code, today)
    severity = str(row.value.get("severity", "")) if row else ""
    blocks = row is not None and severity == "block" and row.may_block
    citation, mark = (row.citation, row.mark) if row else ("", "")
    return RuleCard(code=rule.code, severity=severity, blocks=blocks, citation=citation, mark=mark)


def _due(due: Due, law: LawBook, today: date) -> DueRule:
    is_date = due.kind is DueKind.DATE
    return DueRule(
        kind=due.kind.value,
        days=due.days if due.kind is DueKind.WORKING_DAYS else None,
        field=due.path if is_date else None,
        limits=_limits(due, law, today) if due.kind is DueKind.LEGAL_LIMIT else [],
    )


def _limits(due: Due, law: LawBook, today: date) -> list[Limit]:
    """The limit in force, or each of them when a field of the dossier chooses."""
    keys = sorted({row.key for row in law.rows if row.kind == "time_limit" and _is_meant(due, row.key)})
    rows = (law.find("time_limit", key, today) for key in keys)
    return [
        Limit(key=row.key, working_days=int(row.value["working_days"]), citation=row.citation, mark=row.mark)
        for row in rows
        if row is not None
    ]


def _is_meant(due: Due, key: str) -> bool:
    return key.startswith(f"{due.path}.") if due.by else key == due.path


def _roles(roles: Iterable[Role]) -> list[Labelled]:
    return [_role(role) for role in roles]


def _role(role: Role) -> Labelled:
    return Labelled(code=role.code, label=role.label)
