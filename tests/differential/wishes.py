"""What happens next, at random: people of the model customer do their work, try what is not theirs, and send what
nobody should; administrators change the office; time passes."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from demo.campaign import LAUNCH, PLAN
from demo.organisation import ACCOUNTS, SEATS, UNITS
from engine.definition.model import ProcessModel
from engine.instants import local_date
from tests.differential.hostile import CURSORS, KEYS, TEXTS, spoilt
from tests.differential.sides import Side, Wish
from tests.rights.declared import REGISTRY
from tests.rights.forms import FORMS
from tests.rights.stage import DOSSIERS

PDF = b"%PDF-1.4\n1 0 obj << >> endobj\ntrailer << >>\n%%EOF\n"
PEOPLE = tuple(account.username for account in ACCOUNTS)
CODES = tuple(unit.code for unit in UNITS)
ROLES = tuple(REGISTRY.roles)
PLACES = {account.username: frozenset(account.roles) for account in ACCOUNTS}
HOLDERS = {role: [one.username for one in ACCOUNTS if role in {held for held, _ in one.roles}] for role in ROLES}
SCHOOLS = ("TH1", "TH2", "MN1", "P1")
ADMINISTRATORS = HOLDERS[REGISTRY.administrator.code]
SPOILT = 0.2
PAUSES = (  # how long, with which weight
    (timedelta(minutes=7), 4), (timedelta(hours=5), 4), (timedelta(days=1), 5), (timedelta(days=4), 3),
    (timedelta(days=17), 1),
)  # fmt: skip


FIRST = (
    Wish("chuyenvien", "POST", "/api/v1/campaigns", body={"parent": None, "unit": None, "dossier": PLAN}),
    Wish("chutich", "POST", "/api/v1/campaigns/1/actions/launch", body=LAUNCH, version=1),
    Wish("truongphong", "POST", "/api/v1/campaigns/1/actions/set_rounds", body={"open_rounds": ["rolling"]}, version=2),
)


@dataclass
class Wisher:
    """Looks at one side and wishes; `made`: how many wishes so far, `sent`: what may be sent again."""

    rng: random.Random
    side: Side
    made: int = 0
    sent: list[Wish] = field(default_factory=list)

    def next(self) -> Wish:
        """One more wish, sometimes an old one again; first a campaign is launched."""
        self.made += 1
        if self.made <= len(FIRST):
            return FIRST[self.made - 1]
        if self.sent and self.rng.random() < 0.08:
            return self.rng.choice(self.sent)
        (kind,) = self.rng.choices(list(KINDS), list(KINDS.values()))
        wish = kind(self)
        if wish.method in ("POST", "PATCH") and wish.body is not None and self.rng.random() < SPOILT:
            wish = replace(wish, body=spoilt(self.rng, wish.body))
        if wish.method != "GET" and wish.until is None and self.rng.random() < 0.3:
            wish = replace(wish, key=f"key-{self.made}")
            self.sent.append(wish)
        return wish

    # ── who, where, what ─────────────────────────────────────────────────────────────────────
    def one_of_role(self, *roles: str, unit: str = "") -> str:
        """Mostly somebody who holds one of the roles, in that unit if anybody does there."""
        some = [name for role in roles for name in HOLDERS[role]]
        near = [name for name in some if any((role, unit) in PLACES[name] for role in roles)]
        return self.rng.choice((near or some) if some and self.rng.random() < 0.92 else PEOPLE)

    def key(self, table: str) -> str:
        """Of some row, mostly; else what is none."""
        if self.rng.random() < 0.06:
            return self.rng.choice(KEYS)
        found = self.side.one_of(f"SELECT id FROM {table} ORDER BY id")
        return str(self.rng.choice(found)[0]) if found else "1"

    def case(self) -> tuple[ProcessModel, int, str, int, str]:
        """Process, key, state, version and unit of a case: mostly a young one, of all processes alike."""
        found = self.side.one_of(
            "SELECT process, instance.id, state, version, unit.code FROM instance JOIN unit ON unit.id = unit_id "
            "ORDER BY instance.id"
        )
        process = self.rng.choice(sorted({one[0] for one in found}))
        some = [one for one in found if one[0] == process]
        _, key, state, version, unit = self.rng.choice(some[-8:] if self.rng.random() < 0.8 else some)
        return REGISTRY.by_code[process], key, state, version if self.rng.random() < 0.95 else version - 1, unit

    def day(self, *around: int) -> str:
        return (local_date(self.side.clock[0]) + timedelta(days=self.rng.randint(*around))).isoformat()

    def text(self, usual: str) -> str:
        return usual if self.rng.random() < 0.8 else self.rng.choice(TEXTS)

    # ── time ─────────────────────────────────────────────────────────────────────────────────
    def pass_time(self) -> Wish:
        pauses, weights = zip(*PAUSES, strict=True)
        (pause,) = self.rng.choices(pauses, weights)
        return Wish(until=self.side.clock[0] + pause)

    # ── cases ────────────────────────────────────────────────────────────────────────────────
    def begin(self) -> Wish:
        some = ("award_proposal", "award_proposal", "submission", "ward_plan")
        model = REGISTRY.by_code[self.rng.choice(some if self.rng.random() < 0.9 else tuple(REGISTRY.by_code))]
        parent, unit = self._parent(model)
        dossier: dict[str, Any] = DOSSIERS[model.code] if model.code in ("campaign", "submission") else {}
        if model.code == "award_proposal":
            subject = {**DOSSIERS[model.code]["subject"], "identifier": f"CB-{self.rng.randrange(6)}"}
            dossier = {"award": "GK", "subject": {**subject, "name": self.text(f"Đỗ Thị {self.rng.choice('ABC')}")}}
        elif model.code == "submission":
            unit = self.rng.choice(SCHOOLS)
        body = {
            "parent": parent,
            "unit": self.rng.choice(CODES) if self.rng.random() < 0.1 else None,
            "dossier": dossier,
        }
        roles = {role.code for role in model.begin.roles(next(iter(model.begin.below), None))}
        return Wish(self.one_of_role(*sorted(roles), unit=unit), "POST", f"/api/v1/{model.collection}", body=body)

    def _parent(self, model: ProcessModel) -> tuple[str | None, str]:
        """The key and the unit of a case below which that may begin."""
        found = self.side.one_of(
            "SELECT process, instance.id, unit.code FROM instance JOIN unit ON unit.id = unit_id ORDER BY instance.id"
        )
        above = [(str(key), unit) for process, key, unit in found if process in model.begin.below]
        lately = [(str(key), unit) for process, key, unit in found if process == "submission"][-5:]
        if model.code == "award_proposal" and lately and self.rng.random() < 0.9:
            return self.rng.choice(lately)
        return self.rng.choice(above) if above and self.rng.random() < 0.95 else (None, "")

    def act(self) -> Wish:
        model, key, state, version, unit = self.case()
        possible = [action for source, action in model.table if source == state]
        action = self.rng.choice(possible if possible and self.rng.random() < 0.9 else list(model.actions))
        form = model.actions[action].form
        body = dict(FORMS[form.__name__]) if form else None
        if body and "signed_on" in body:
            body["signed_on"] = self.day(-2, 0)
        roles = [role.code for role in model.performers(state, action)] if (state, action) in model.table else []
        at = f"/api/v1/{model.collection}/{key}/actions/{action}"
        return Wish(self.one_of_role(*roles, unit=unit), "POST", at, body=body, version=version)

    def edit(self) -> Wish:
        model, key, state, version, unit = self.case()
        whole = DOSSIERS.get(model.code, {})
        names = [name for name in model.states[state].edits if name in whole] or list(whole)
        name = self.rng.choice(names) if names else "x"
        owner = model.states[state].owner
        at, patch = f"/api/v1/{model.collection}/{key}", {name: whole.get(name, self.rng.choice(TEXTS))}
        return Wish(
            self.one_of_role(*([owner.code] if owner else []), unit=unit), "PATCH", at, body=patch, version=version
        )

    def attach(self) -> Wish:
        model, key, state, version, unit = self.case()
        owner = model.states[state].owner
        kind = self.rng.choice([*model.papers, "X"])
        paper = (kind, self.text("Báo cáo.pdf").encode(errors="replace").decode(), PDF)
        at = f"/api/v1/{model.collection}/{key}/attachments"
        return Wish(
            self.one_of_role(*([owner.code] if owner else []), unit=unit), "POST", at, version=version, paper=paper
        )

    def assign(self) -> Wish:
        model, key, state, version, unit = self.case()
        owner = model.states[state].owner
        roles = [owner.code] if owner else []
        body = {"person": self.one_of_role(*roles, unit=unit) if self.rng.random() < 0.8 else None}
        return Wish(
            self.one_of_role(*roles, REGISTRY.administrator.code, unit=unit), "POST",
            f"/api/v1/{model.collection}/{key}/assignment", body=body, version=version,
        )  # fmt: skip

    # ── personal data ────────────────────────────────────────────────────────────────────────
    def personal(self) -> Wish:
        key = self._of("award_proposal")
        at, who = f"/api/v1/award-proposals/{key}", self.one_of_role("appraiser", "proposer", "records_officer")
        number = self.text(f"0791234567{self.rng.randrange(10, 99)}")
        reason = {"reason": self.text("Đối chiếu với hồ sơ gốc")}
        method, path, body = self.rng.choice(
            (
                ("PUT", f"{at}/subject", {"identity_number": number, "birth_date": "1980-05-01"}),
                ("POST", f"{at}/subject/disclosure", reason),
                ("POST", f"{at}/hold", reason),
                ("POST", f"{at}/hold/release", reason),
                ("POST", "/api/v1/subjects/search", {"identity_number": number, **reason}),
                ("POST", "/api/v1/retention/archiving", {"cases": [key]}),
            )
        )
        return Wish(who, method, path, body=body)

    def _of(self, process: str) -> str:
        found = self.side.one_of("SELECT id FROM instance WHERE process = ? ORDER BY id", process)
        return str(self.rng.choice(found)[0]) if found else "1"

    # ── the office ───────────────────────────────────────────────────────────────────────────
    def administer(self) -> Wish:
        method, path, body = self.rng.choice(CHANGES)(self)
        who = self.rng.choice(ADMINISTRATORS if self.rng.random() < 0.9 else PEOPLE)
        return Wish(who, method, f"/api/v1{path}", body=body)

    # ── looking ──────────────────────────────────────────────────────────────────────────────
    def look(self) -> Wish:
        rng = self.rng
        model, key, _, _, unit = self.case()
        who = self.one_of_role(*ROLES, unit=unit) if rng.random() < 0.6 else rng.choice(PEOPLE)
        one = f"/{model.collection}/{key if rng.random() < 0.93 else rng.choice(KEYS)}"
        path = rng.choice(
            (
                *(f"/{model.collection}",) * 3, one, f"{one}/history", f"{one}/tasks", f"{one}/actions",
                f"{one}/mails", f"{one}/attachments", *("/tasks",) * 3, "/incidents", "/units", "/people", "/mandates",
                "/seats", "/calendar-days", "/legal-rows", "/administration/history", "/commendations",
                "/commendations.csv", "/disclosures", "/retention", "/me/data", "/unit-kinds",
                f"/people/{self.key('person')}", f"/campaigns/{self._of('campaign')}/coverage",
            )
        )  # fmt: skip
        if path.startswith(("/incidents", "/administration", "/people", "/disclosures")):
            who = rng.choice([*ADMINISTRATORS, who])
        return Wish(who, "GET", f"/api/v1{path}", query=self._query(path))

    def _query(self, path: str) -> dict[str, str]:
        """Filters and pages, mostly such as that list knows."""
        rng = self.rng
        some = {
            "limit": ("1", "2", "5", "100", "0", "-1", "101", str(2**63), "x"), "open": ("true", "false", "maybe"),
            "for": ("me", "units", "me", "x"), "unit": (*CODES, *TEXTS[:12]),
            "on": (self.day(-9, 9), "0001-01-01", "9999-12-31", "x"),
            "text": ("đỗ", "Đỗ Thị A", "CB-1", *TEXTS[:22]), "year": ("2024", "0", str(10**30)),
            "state": ("drafted", "received", "%"), "phase": ("received", "appraised", "_"),
            "active": ("true", "false"), "parent": ("1", *KEYS), "kind": ("ward", "school", "%"),
            "cursor": (*(str(rng.randrange(1, 99)) for _ in range(9)), *CURSORS),
        }  # fmt: skip
        known = QUERIES.get(path.split("/")[1].partition(".")[0], ("limit", "cursor")) if path.count("/") == 1 else ()
        names = known if rng.random() < 0.9 else tuple(some)
        chosen = rng.sample(names, min(len(names), rng.choice((0, 1, 1, 2))))
        return {name: rng.choice(some[name]).encode(errors="replace").decode() for name in chosen}


QUERIES = {
    "tasks": ("for", "limit", "cursor"), "commendations": ("text", "year", "kind", "unit", "limit", "cursor"),
    "units": ("on", "kind", "parent", "limit", "cursor"), "people": ("unit", "active", "limit", "cursor"),
    "seats": ("on",), "mandates": ("on",), "legal-rows": ("kind", "on"), "calendar-days": ("year",),
    "incidents": (), "me": (), "unit-kinds": (),
    **{m.collection: ("state", "phase", "unit", "parent", "open", "limit", "cursor") for m in REGISTRY.models},
}  # fmt: skip
"""What a list can be asked by; others by their parts only."""
Change = tuple[str, str, dict[str, Any]]


def _new_unit(of: Wisher) -> Change:
    code = f"M{of.rng.randrange(40)}"
    body = {"code": of.text(code), "name": of.text(f"Đơn vị {code}"), "kind": "school", "parent": "QDK",
            "authority": "QDK", "valid_from": of.day(-5, 5)}  # fmt: skip
    return "POST", "/units", body


def _unit_change(of: Wisher) -> Change:
    return "PATCH", f"/units/{of.rng.choice(CODES)}", {"name": of.text("Tên mới"), "groups": ["wards"]}


def _unit_end(of: Wisher) -> Change:
    body = {"last_day": of.day(-3, 3), "successors": [of.rng.choice(CODES)], "paper": of.text("Nghị quyết 1")}
    return "POST", f"/units/{of.rng.choice(CODES[16:])}/closing", body


def _new_person(of: Wisher) -> Change:
    name = f"moi{of.rng.randrange(30)}"
    body = {"username": of.text(name), "name": of.text("Người Mới"), "mail": f"{name}@duongkinh.example",
            "staff_code": of.rng.choice((None, f"CB-{of.rng.randrange(9)}"))}  # fmt: skip
    return "POST", "/people", body


def _person_change(of: Wisher) -> Change:
    wish = of.rng.choice(({"name": of.text("Tên Khác")}, {"staff_code": f"CB-{of.rng.randrange(6)}"}, {"active": True},
                          {"active": of.rng.random() < 0.7}))  # fmt: skip
    return "PATCH", f"/people/{of.key('person')}", wish


def _leaving(of: Wisher) -> Change:
    return "POST", f"/people/{of.key('person')}/leaving", {"last_day": of.day(-2, 9), "successor": of.key("person")}


def _membership(of: Wisher) -> Change:
    body = {"unit": of.rng.choice(CODES), "role": of.rng.choice(ROLES), "from": of.day(-3, 3),
            "to": of.rng.choice((None, of.day(3, 30)))}  # fmt: skip
    return "POST", f"/people/{of.key('person')}/memberships", body


def _membership_end(of: Wisher) -> Change:
    return "POST", f"/memberships/{of.key('membership')}/closing", {"last_day": of.day(-2, 9)}


def _seat(of: Wisher) -> Change:
    role, _ = of.rng.choice(SEATS)
    body = {"authority": "QDK", "role": role.code, "unit": of.rng.choice(CODES), "from": of.day(0, 9)}
    return "POST", "/seats", body


def _seat_end(of: Wisher) -> Change:
    return "POST", f"/seats/{of.key('seat')}/closing", {"last_day": of.day(-2, 9)}


def _mandate(of: Wisher) -> Change:
    body = {
        "principal": of.key("person"), "deputy": of.key("person"), "role": of.rng.choice(ROLES),
        "unit": of.rng.choice(CODES), "powers": [], "capacity": "KT.", "paper": of.text("Giấy 1"),
        "from": of.day(-3, 3), "to": of.day(3, 30),
    }  # fmt: skip
    return "POST", "/mandates", body


def _mandate_end(of: Wisher) -> Change:
    return "POST", f"/mandates/{of.key('mandate')}/closing", {"last_day": of.day(-2, 9)}


def _calendar(of: Wisher) -> Change:
    body = {"day": of.day(0, 40), "kind": of.rng.choice(("day_off", "working_day", "holiday")),
            "name": of.text("Nghỉ bù"), "source": of.text("Công văn")}  # fmt: skip
    return "POST", "/calendar-days", body


def _kind(of: Wisher) -> Change:
    return "POST", "/unit-kinds", {"code": of.text(f"k{of.rng.randrange(5)}"), "name": "Loại", "rank": 3}


def _law(of: Wisher) -> Change:
    return "POST", f"/legal-rows/{of.key('reference')}/confirmation", {"source": of.text("Bản gốc, Công báo")}


def _incident(of: Wisher) -> Change:
    return "POST", f"/incidents/{of.key('incident')}/{of.rng.choice(('retry', 'resolve'))}", {}


CHANGES: tuple[Callable[[Wisher], Change], ...] = (
    _new_unit, _unit_change, _unit_end, _new_person, _person_change, _leaving, _membership, _membership,
    _membership_end, _seat, _seat_end, _mandate, _mandate, _mandate_end, _calendar, _kind, _law, _incident,
)  # fmt: skip
KINDS: dict[Callable[[Wisher], Wish], int] = {
    Wisher.act: 34, Wisher.begin: 14, Wisher.look: 22, Wisher.administer: 8, Wisher.edit: 6, Wisher.attach: 6,
    Wisher.assign: 5, Wisher.pass_time: 6, Wisher.personal: 5,
}  # fmt: skip
