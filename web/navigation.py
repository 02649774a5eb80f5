"""Where people can go from every page: one table, and for whom each entry is."""

from collections.abc import Callable
from dataclasses import dataclass

from engine.definition.language import Seat
from engine.definition.performing import Actor
from engine.runtime.signing import signers as of
from engine.runtime.work import Work

Test = Callable[[Work, Actor], bool]


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the menu."""

    path: str
    label: str


def anybody(work: Work, actor: Actor) -> bool:
    return True


def works_for_an_authority(work: Work, actor: Actor) -> bool:
    """Somebody who checks, decides or oversees what units hand in."""
    roles = work.registry.roles
    return any(code in roles and roles[code].seat is Seat.AUTHORITY for code, _ in actor.hats)


def signs(work: Work, actor: Actor) -> bool:
    """Somebody with a role for whose signature cases wait."""
    signers = {role.code for model in work.registry.models for state in model.states for role in of(model, state)}
    return any(code in signers for code, _ in actor.hats)


def administers(work: Work, actor: Actor) -> bool:
    return any(code == work.registry.administrator.code for code, _ in actor.memberships)


def looks_after_an_authority(work: Work, actor: Actor) -> bool:
    """Somebody who administers, or who oversees all that an authority does: auditors read the log there."""
    roles = work.registry.roles
    return any(code in roles and roles[code].sees_all for code, _ in actor.memberships)


MENU: tuple[tuple[Entry, Test], ...] = (
    (Entry("/", "Việc của tôi"), anybody),
    (Entry("/hang-doi", "Hàng đợi"), works_for_an_authority),
    (Entry("/cho-ky", "Chờ ký"), signs),
    (Entry("/ho-so", "Hồ sơ"), anybody),
    (Entry("/phong-trao", "Phong trào"), anybody),
    (Entry("/thu", "Thư"), anybody),
    (Entry("/quan-tri", "Quản trị"), looks_after_an_authority),
    (Entry("/cong-khai", "Công khai"), anybody),
)


def entries_for(work: Work, actor: Actor) -> tuple[Entry, ...]:
    """The entries that are for that person."""
    return tuple(entry for entry, is_for in MENU if is_for(work, actor))
