"""Papers over HTTP: attached, listed, fetched; and what is not taken."""

import io
import zipfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from api.files import disposition
from api.schemas import Attachment
from api.settings import Settings
from tests.api.office import PDF, Office, attach, launch_campaign, open_office, version

Duty = tuple[TestClient, str]


def send(duty: Duty, content: bytes = PDF, name: str = "Báo cáo.pdf", **more: Any) -> Response:
    client, key = duty
    request: dict[str, Any] = {
        "data": {"kind": "REPORT"},
        "files": {"file": (name, content)},
        "headers": version(1),
        **more,
    }
    return client.post(f"/api/v1/duties/{key}/attachments", **request)


def bomb() -> bytes:
    """A small zip that says it is a workbook and inflates a thousandfold."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "")
        archive.writestr("xl/workbook.xml", b"0" * 5_000_000)
    return file.getvalue()


def test_a_paper_is_attached_listed_and_fetched(office_duty: Duty) -> None:
    client, key = office_duty

    answer = send(office_duty, name="../../Báo cáo “quý II”.pdf")

    assert (answer.status_code, answer.headers["ETag"]) == (200, '"2"')
    (listed,) = client.get(f"/api/v1/duties/{key}/attachments").json()["items"]
    assert Attachment.model_validate(listed)
    assert listed["name"] == "Báo cáo “quý II”.pdf"
    assert (listed["kind"], listed["media_type"], listed["edition"]) == ("REPORT", "application/pdf", 1)
    assert (listed["size"], listed["sha256"]) == (len(PDF), sha256(PDF).hexdigest())
    fetched = client.get(f"/api/v1/duties/{key}/attachments/{listed['id']}")
    assert fetched.content == PDF
    assert {name: fetched.headers[name] for name in ("content-type", "content-length", "x-content-type-options")} == {
        "content-type": "application/pdf",
        "content-length": str(len(PDF)),
        "x-content-type-options": "nosniff",
    }
    assert fetched.headers["content-disposition"] == disposition("Báo cáo “quý II”.pdf")
    assert fetched.headers["content-security-policy"] == "sandbox; default-src 'none'"


def test_the_same_kind_again_is_the_next_edition(office_duty: Duty) -> None:
    client, key = office_duty
    attach(client, key, PDF)
    attach(client, key, PDF + b"%%EOF")

    editions = [paper["edition"] for paper in client.get(f"/api/v1/duties/{key}/attachments").json()["items"]]

    assert editions == [1, 2]


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"MZ" + b"\x00" * 100, "report.pdf", "file_kind_refused"),
        (b"<html><script>alert(1)</script>", "report.pdf", "file_kind_refused"),
        (PDF, "report.docx", "file_extension_mismatch"),
        (PDF, "report.pdf.exe", "file_extension_mismatch"),
        (b"%PDF-1.4 without an end", "report.pdf", "file_damaged"),
        (b"", "report.pdf", "file_empty"),
        (bomb(), "report.xlsx", "file_inflates_too_much"),
    ],
)
def test_415_for_a_file_that_is_not_what_it_should_be(
    office: Office, office_duty: Duty, content: bytes, name: str, code: str
) -> None:
    answer = send(office_duty, content, name)

    assert (answer.status_code, answer.json()["code"]) == (415, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"].endswith(".")
    assert stored(office) == []


def stored(office: Office) -> list[Path]:
    return [path for path in (office.folder / "blobs").rglob("*") if path.is_file()]


def test_413_for_a_file_over_the_limit(folder: Path) -> None:
    office = open_office(folder, Settings(upload_limit_bytes=1000))
    client = office.client("tat")
    duty = client, launch_campaign(client)[1]

    refused, too_long = send(duty, PDF.ljust(1001, b"\n")), send(duty, PDF.ljust(200_000, b"\n"))
    accepted = send(duty, PDF.ljust(1000, b"\n"))
    kept = stored(office)
    office.close()

    assert (refused.status_code, refused.json()["code"]) == (413, "file_too_large")
    assert (too_long.status_code, too_long.json()["code"]) == (413, "body_too_large")
    assert accepted.status_code == 200
    assert len(kept) == 1


@pytest.mark.parametrize(
    ("parts", "status", "fields"),
    [
        ({"data": {"kind": "NOVEL"}}, 422, {"kind"}),
        ({"data": {}}, 422, {"kind"}),
        ({"files": {"other": ("a.pdf", PDF)}}, 422, {"other", "file"}),
        ({"data": {"kind": "REPORT", "state": "completed"}}, 400, None),
        ({"files": [("file", ("a.pdf", PDF)), ("file", ("b.pdf", PDF))]}, 400, None),
        ({"data": None, "files": None, "json": {"kind": "REPORT"}}, 415, None),
        ({"data": {"kind": "REPORT"}, "files": None}, 415, None),
        ({"data": {"kind": "x" * 5000}}, 400, None),
    ],
)
def test_the_form_holds_one_kind_and_one_file(
    office: Office, office_duty: Duty, parts: dict[str, Any], status: int, fields: set[str] | None
) -> None:
    answer = send(office_duty, **parts)

    assert (answer.status_code, set(answer.json().get("fields", {})) or None) == (status, fields)
    assert answer.headers["content-type"] == "application/problem+json"
    assert stored(office) == []


PART = b'--b\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
KIND = PART % (b"kind", b"", b"REPORT")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no form at all",
        b"--b",
        b"--b--",
        b"--b\r\nbad header\r\n\r\nx\r\n--b--\r\n",
        b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n",
        b"--b\r\nX: " + b"y" * 200_000 + b"\r\n\r\nx\r\n--b--\r\n",
        b"\r\n" * 50_000 + KIND + b"--b--\r\n",
        KIND * 10_000 + b"--b--\r\n",
        PART % (b"file", b'; filename="a.pdf"', PDF) * 100 + b"--b--\r\n",
        KIND + PART % (b"file", b'; filename="a.pdf"', PDF),
        KIND + PART % (b"file", b"", PDF) + b"--b--\r\n",
        KIND + PART % (b"file", b'; filename="\xff\x00.pdf"', b"\xff" * 100) + b"--b--\r\n",
    ],
    ids=range(13),
)
@pytest.mark.parametrize("content_type", ["multipart/form-data; boundary=b", "multipart/form-data"])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # Starlette forgets a part cut short
def test_a_form_that_cannot_be_read_is_refused(
    office: Office, office_duty: Duty, body: bytes, content_type: str
) -> None:
    client, key = office_duty

    answer = client.post(
        f"/api/v1/duties/{key}/attachments", content=body, headers={"Content-Type": content_type, **version(1)}
    )

    assert answer.status_code in (400, 415, 422)
    assert answer.headers["content-type"] == "application/problem+json"
    assert stored(office) == []


def test_strangers_put_nothing_on_the_disk(office: Office, office_duty: Duty) -> None:
    _, key = office_duty
    chi = office.client(Authorization="Bearer invented"), key
    other_ward = office.client("chi"), key

    assert [send(chi).status_code, send(other_ward).status_code] == [401, 404]
    assert stored(office) == []


def test_who_has_nothing_to_do_on_the_case_attaches_nothing(office: Office, office_duty: Duty) -> None:
    answer = send((office.client("quantri"), office_duty[1]))

    assert (answer.status_code, answer.json()["code"]) == (403, "not_performer")


def test_a_repeat_may_have_another_boundary(office_duty: Duty) -> None:
    client, key = office_duty
    headers = {**version(1), "Idempotency-Key": "k"}

    first = send(office_duty, headers={**headers, "Content-Type": "multipart/form-data; boundary=one"})
    second = send(office_duty, headers={**headers, "Content-Type": "multipart/form-data; boundary=two"})
    other = send(office_duty, PDF + b"%%EOF", headers=headers)

    assert (first.status_code, second.content) == (200, first.content)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert len(client.get(f"/api/v1/duties/{key}/attachments").json()["items"]) == 1


def test_a_paper_is_found_under_its_own_case_only(office_duty: Duty) -> None:
    client, key = office_duty
    paper = attach(client, key, PDF)
    other = launch_campaign(client)[1]

    answers = [
        client.get(f"/api/v1/duties/{other}/attachments/{paper}"),
        client.get(f"/api/v1/duties/{key}/attachments/9"),
    ]

    assert [answer.status_code for answer in answers] == [404, 404]


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("report.pdf", "attachment; filename=\"report.pdf\"; filename*=UTF-8''report.pdf"),
        ("Báo cáo.pdf", "attachment; filename=\"B_o c_o.pdf\"; filename*=UTF-8''B%C3%A1o%20c%C3%A1o.pdf"),
        ('a"b\\c%41.pdf', "attachment; filename=\"a_b_c_41.pdf\"; filename*=UTF-8''a%22b%5Cc%2541.pdf"),
        ("a;b.html", "attachment; filename=\"a;b.html\"; filename*=UTF-8''a%3Bb.html"),
    ],
)
def test_the_name_is_spelled_for_every_client(name: str, header: str) -> None:
    assert disposition(name) == header
