"""What api and web use: run what is due, ask what comes next, look at what was sent."""

from datetime import datetime, time, timedelta

from engine.instants import at_local
from notifications.door import mailbox, mails_of_case, next_due
from notifications.transport import Attempt, Outcome
from tests.notifications.small_office import HEAD, WEDNESDAY, SmallOffice

THURSDAY = WEDNESDAY + timedelta(days=1)
GREYLISTED = Attempt(Outcome.TEMPORARY, "451 try later")
REFUSED = Attempt(Outcome.PERMANENT, "550 <binh@p1.example.vn> no such user")


def due(office: SmallOffice) -> datetime | None:
    with office.engine.database.read() as tx:
        return next_due(tx)


# ── running ────────────────────────────────────────────────────────────────────────────────────


def test_running_composes_and_delivers_until_nothing_is_due(office: SmallOffice) -> None:
    office.submitted()
    before = due(office)

    assert office.run() == 2
    assert office.run() == 0
    assert (before, due(office)) == (office.now, None)
    assert [row["state"] for row in office.messages()] == ["sent"]


def test_running_also_sends_what_a_failure_causes(office: SmallOffice) -> None:
    office.basket.answers = [REFUSED]
    office.submitted()
    office.run()

    assert [(row["kind"], row["state"]) for row in office.messages()] == [
        ("task_opened", "failed"),
        ("incident", "sent"),
    ]


def test_next_is_the_morning_for_a_held_notice(office: SmallOffice) -> None:
    office.at(WEDNESDAY, 22)
    office.submitted()

    assert office.run() == 0
    assert due(office) == at_local(THURSDAY, time(8))


def test_next_is_the_planned_attempt_of_a_queued_message(office: SmallOffice) -> None:
    office.basket.answers = [GREYLISTED]
    office.submitted()
    office.run()

    assert due(office) == office.now + timedelta(minutes=1)


def test_following_the_next_due_instant_always_comes_to_an_end(office: SmallOffice) -> None:
    office.basket.answers = [GREYLISTED, GREYLISTED, Attempt(Outcome.UNKNOWN, "timed out"), REFUSED]
    office.submitted()
    stops = 0
    while (instant := due(office)) is not None:
        office.clock[0] = max(instant, office.now)
        office.run()
        stops += 1

    assert stops == 4
    assert [row["state"] for row in office.messages()] == ["failed", "sent"]


# ── looking ────────────────────────────────────────────────────────────────────────────────────


def test_mails_of_a_case_show_every_attempt_and_no_whole_address(office: SmallOffice) -> None:
    office.basket.answers = [Attempt(Outcome.TEMPORARY, "451 <binh@p1.example.vn> try later")]
    case = office.submitted()
    office.run()
    office.clock[0] += timedelta(minutes=1)
    office.run()

    with office.engine.database.read() as tx:
        assert mails_of_case(tx, case) == [
            {
                "id": "1",
                "at": "2024-07-10T02:00:00Z",
                "recipient": "Lê Binh",
                "address": "b…@p1.example.vn",
                "subject": "[Thi đua] Cần duyệt đơn DN-2024-00001 (hạn 12/07)",
                "kind": "task_opened",
                "state": "sent",
                "fault": "",
                "request_id": "",
                "next_attempt_at": None,
                "attempts": [
                    {
                        "n": 1,
                        "at": "2024-07-10T02:00:00Z",
                        "outcome": "temporary",
                        "reply": "451 <b…@p1.example.vn> try later",
                    },
                    {"n": 2, "at": "2024-07-10T02:01:00Z", "outcome": "sent", "reply": "250 taken"},
                ],
            }
        ]


def test_digest_is_listed_under_each_of_its_cases_and_under_no_other(office: SmallOffice) -> None:
    first, second = office.submitted(), office.submitted()
    office.run()
    third = office.submitted()
    office.run()

    with office.engine.database.read() as tx:
        listed = [[mail["id"] for mail in mails_of_case(tx, case)] for case in (first, second, third)]
    assert listed == [["1"], ["1"], ["2"]]


def test_mail_without_an_address_is_listed_with_its_fault(office: SmallOffice) -> None:
    case = office.submitted()
    office.change("binh", "")
    office.run()

    with office.engine.database.read() as tx:
        mails = mails_of_case(tx, case)
    assert [(mail["state"], mail["address"], mail["fault"], mail["attempts"]) for mail in mails[:1]] == [
        ("failed", "", "chưa có địa chỉ thư điện tử", [])
    ]


def test_mailbox_shows_what_was_received_newest_first(office: SmallOffice) -> None:
    case = office.submitted()
    office.run()
    office.act("binh", case, "grant")
    office.run()

    with office.engine.database.read() as tx:
        page = mailbox(tx)
    assert (page["next"], [mail["recipients"] for mail in page["items"]]) == (None, [["an"], ["binh"]])
    newest = page["items"][0]
    assert {name: newest[name] for name in newest if name not in ("headers", "text")} == {
        "id": "2",
        "at": "2024-07-10T02:00:00Z",
        "name": "Lê An",
        "address": "an@p1.example.vn",
        "recipients": ["an"],
        "subject": "[Thi đua] Đơn xin nghỉ được đồng ý DN-2024-00001",
        "instance": "1",
        "instances": ["1"],
    }
    assert newest["text"] == office.messages()[1]["text"]
    assert newest["headers"]["Subject"] == newest["subject"]
    assert newest["headers"]["From"] == f"{HEAD.sender.name} <{HEAD.sender.address}>"
    assert newest["headers"]["Message-ID"] == office.messages()[1]["message_id"]


def test_mailbox_names_the_unit_when_the_letter_went_to_its_mail_box(office: SmallOffice) -> None:
    office.change("binh", "binh@p1.example.vn", active=False)
    office.submitted()
    office.run()

    with office.engine.database.read() as tx:
        assert [mail["recipients"] for mail in mailbox(tx)["items"]] == [["dung"], ["P1"]]


def test_digest_in_the_mailbox_names_all_its_cases(office: SmallOffice) -> None:
    office.submitted()
    office.submitted()
    office.run()

    with office.engine.database.read() as tx:
        mail = mailbox(tx)["items"][0]
    assert (mail["instance"], mail["instances"]) == (None, ["1", "2"])


def test_mailbox_is_read_page_by_page_without_gaps_while_more_arrives(office: SmallOffice) -> None:
    for _ in range(5):
        office.submitted()
        office.run()
    with office.engine.database.read() as tx:
        first = mailbox(tx, most=2)
    office.submitted()
    office.run()
    seen = [mail["id"] for mail in first["items"]]
    following = first["next"]
    while following is not None:
        with office.engine.database.read() as tx:
            page = mailbox(tx, before=int(following), most=2)
        seen += [mail["id"] for mail in page["items"]]
        following = page["next"]

    assert seen == ["5", "4", "3", "2", "1"]


def test_what_waits_or_has_failed_is_not_in_the_mailbox(office: SmallOffice) -> None:
    office.basket.answers = [GREYLISTED]
    office.submitted()
    office.run()

    with office.engine.database.read() as tx:
        assert mailbox(tx) == {"items": [], "next": None}
