"""The year at play: its people at their desks, its clock, and the moves that many cases make alike."""

import itertools
from typing import Any

from demo.load import PASSWORD
from demo.organisation import ACCOUNTS
from tests.year.desks import Case, Desk
from tests.year.stage import Stage, local

SUMMARY = "Hoàn thành xuất sắc nhiệm vụ được giao, có sáng kiến được áp dụng trong toàn đơn vị."


class Year:
    """Everything that a chapter of the year needs. `campaign` is there from its launch on."""

    campaign: Case

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self._desks: dict[str, Desk] = {}
        self._numbers = itertools.count(1)

    # ── people and time ──────────────────────────────────────────────────────────────────────
    def desk(self, username: str) -> Desk:
        """The desk of that account."""
        if username not in self._desks:
            self._desks[username] = Desk(self.stage, username)
        return self._desks[username]

    def log_in(self, username: str) -> None:
        """Sit that person down the way people do: with the password."""
        answer = self.stage.client.post("/api/v1/session", json={"username": username, "password": PASSWORD})
        assert answer.status_code == 201, answer.text
        self._desks[username] = Desk(self.stage, username, answer.cookies["thidua_session"])
        self.stage.client.cookies.clear()

    def at(self, moment: str) -> None:
        """Move the clock there; whatever falls due on the way happens at its own instant."""
        self.desk("quantri").move_clock(local(moment))

    @property
    def today(self) -> str:
        """The local date, as ISO text."""
        now: str = self.desk("quantri").local_now()
        return now[:10]

    # ── what is handed about ─────────────────────────────────────────────────────────────────
    def letter(self, series: str) -> dict[str, str]:
        """A signed paper of today with the next number: {"number": "12/QĐ-UBND", "signed_on": …}."""
        return {"number": f"{next(self._numbers)}/{series}", "signed_on": self.today}

    def below(self, campaign: Case, collection: str) -> dict[str, Case]:
        """The cases of a collection directly below a campaign, by the code of their unit."""
        found = self.desk("chuyenvien").list(collection, parent=campaign.id)
        return {item["unit"]["code"]: Case(collection, item["id"]) for item in found}

    def plan_of(self, ward: int, campaign: Case | None = None) -> Case:
        """The plan of a ward under the campaign."""
        return self.below(campaign or self.campaign, "ward-plans")[f"P{ward}"]

    def expect_state(self, state: str, *cases: Case) -> None:
        """Stop the year unless all of these cases stand there, as an auditor sees them."""
        expect([self.desk("thanhtra").look(case)["state"]["id"] for case in cases], [state] * len(cases))

    # ── proposals ────────────────────────────────────────────────────────────────────────────
    def submission(self, who: str, **dossier: str) -> Case:
        """A new tờ trình with its papers, still without lines."""
        made = self.desk(who).start("submissions", self.campaign, **dossier)
        self.desk(who).attach(made, "TO_TRINH", "BIEN_BAN")
        return made

    def line(self, who: str, submission: Case, award: str, subject: str, **more: Any) -> Case:
        """A complete proposal on a tờ trình: `subject` as "kind/code/name", more fields as given."""
        made = self.desk(who).start("award-proposals", submission, **proposal(award, subject, **more))
        self.desk(who).attach(made, "BAO_CAO_THANH_TICH", "BAO_CAO_TOM_TAT")
        return made

    def receive(self, *cases: Case) -> None:
        for case in cases:
            self.desk("chuyenvien").act(case, "receive")

    def appraise(self, *cases: Case, result: str = "pass") -> None:
        for case in cases:
            self.desk("chuyenvien2").act(case, "appraise", result=result, reasons="Đã đối chiếu hồ sơ và tiêu chuẩn.")

    def sign(self, *cases: Case) -> None:
        for case in cases:
            self.desk("truongphong").act(case, "sign_appraisal")

    def vote(self, *cases: Case, in_favour: int = 8) -> None:
        """The council's vote: nine members, eight present."""
        for case in cases:
            self.desk("thuky").act(
                case, "record_council", minutes_number=f"BB-{next(self._numbers)}", met_on=self.today, members=9,
                present=8, in_favour=in_favour,
            )  # fmt: skip

    def approve(self, *cases: Case, who: str = "chutich", series: str = "QĐ-UBND") -> None:
        for case in cases:
            self.desk(who).act(case, "approve", **self.letter(series))

    def hand_over(self, *cases: Case, clerk: str = "vanthu", officer: str = "chuyenvien") -> None:
        """The result is announced, the award handed over, the dossier archived."""
        for case in cases:
            self.desk(clerk).act(case, "notify")
            self.desk(officer).act(case, "confirm_award", handed_over_on=self.today, place="Hội trường UBND")
            self.desk(clerk).act(case, "archive")


def expect(found: Any, wanted: Any) -> None:
    """Stop the year unless both are equal."""
    assert found == wanted, f"found {found!r}, wanted {wanted!r}"


def rules_of(problem: Any) -> list[str]:
    """The rules that refuse the lines of a tờ trình, line by line."""
    return [why["code"] for reasons in problem["lines"].values() for why in reasons]


def holder(role: str, unit: str) -> str:
    """The account that holds a role at a unit."""
    return next(account.username for account in ACCOUNTS if (role, unit) in account.roles)


def proposal(award: str, subject: str, **more: Any) -> dict[str, Any]:
    """The dossier of a proposal: `subject` as "kind/code/name"."""
    kind, identifier, name = subject.split("/")
    achieved = {
        "title": more.pop("achievement", f"Thành tích của {name}"),
        "summary": SUMMARY, "from_day": "2024-07-10", "to_day": more.pop("to_day", "2024-09-01"),
    }  # fmt: skip
    return {
        "award": award,
        "subject": {"kind": kind, "identifier": identifier, "name": name},
        "achievement": achieved,
        "movement": "GPHP70",
        **more,
    }


def reason(text: str) -> dict[str, str]:
    """The form of an action that asks why."""
    return {"reason": text}
