"""The HTTP door against its own OpenAPI document: whatever a schema allows or forbids, by machine."""

import itertools
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from schemathesis import Case
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.schemas import OpenApiSchema

from api.dependencies import KEY_PATTERN
from api.settings import Settings
from tests.api.office import (
    PDF,
    Office,
    attach,
    launch_campaign,
    open_office,
    start_leave,
    submit_leave,
    version,
)

KEYS = itertools.count(1)
EXAMPLES = 15
ALLOWED = ["2xx", "3xx", "401", "403", "404", "409", "412", "429"]
NOT_IN_SCHEMA = (
    (r"/me/password$", "422"),  # what others would guess
    (r"^POST /api/v1/[a-z-]+$", "422"),  # which units and cases there are
    (r"/assignment$", "422"),  # who holds the role of the task
    (r"/(closing|leaving|memberships)$", "422"),  # which years there are
    (r"/attachments$", "415"),  # what a file must hold
    (r"/(send_back|excuse)$", "422"),  # that spaces are no reason
)


def document(mode: str, paths: str = "", examples: int = EXAMPLES) -> OpenApiSchema:
    """The document, as far as its paths match, with every check; so many examples of each operation.

    It is read from an office of its own, because pytest collects before there are fixtures.

    NUL characters are refused everywhere, which is not worth a pattern in each schema.
    """
    generation = {"mode": mode, "max-examples": examples, "deterministic": True, "database": "none"}
    operations = [
        {"include-name-regex": name, "checks": {"positive_data_acceptance": {"expected-statuses": [*ALLOWED, status]}}}
        for name, status in NOT_IN_SCHEMA
    ]
    config = SchemathesisConfig.from_dict(
        {
            "generation": {**generation, "allow-x00": False, "with-security-parameters": False},
            "checks": {
                "positive_data_acceptance": {"expected-statuses": ALLOWED},
                "missing_required_header": {"expected-statuses": ["401", "403", "404", "428"]},
            },
            "operations": operations,
        }
    )
    with tempfile.TemporaryDirectory() as folder:
        office = open_office(Path(folder), Settings())
        whole = office.app.openapi()
        whole["paths"] = {path: item for path, item in whole["paths"].items() if re.search(paths, path)}
        schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", office.app, config=config)
        office.close()
    return schema


@pytest.fixture(scope="module")
def door(module_folder: Path) -> Iterator[Office]:
    office = open_office(module_folder, Settings())
    yield office
    office.close()


@pytest.fixture(scope="module")
def stand(door: Office) -> "Stand":
    return Stand(door)


anything = document("all")
valid = document("positive", r"/(leave-requests|campaigns|duties)/\{id\}")


@anything.parametrize()
def test_answers_keep_to_the_document(case: Case, door: Office, stand: "Stand") -> None:
    give_own_key(case)

    case.call_and_validate(app=door.app, headers=stand.headers("an", case))


@valid.parametrize()
def test_answers_about_cases_that_exist_keep_to_the_document(case: Case, door: Office, stand: "Stand") -> None:
    give_own_key(case)
    aim(case, stand)

    case.call_and_validate(app=door.app, headers=stand.headers("tat", case))


def give_own_key(case: Case) -> None:
    """A valid idempotency key is made unique: two requests under one are refused, and rightly."""
    given = case.headers.get("Idempotency-Key")
    if isinstance(given, str) and re.fullmatch(KEY_PATTERN, given):
        case.headers["Idempotency-Key"] = f"key-{next(KEYS)}"


def aim(case: Case, stand: "Stand") -> None:
    """Point the request at a case of its collection, in a state where something may be done."""
    collection = case.path.split("/")[3]
    key = stand.case(collection, case.path)
    case.path_parameters["id"] = key
    if "{attachment_id}" in case.path:
        case.path_parameters["attachment_id"] = stand.attachment_id
    if "If-Match" in case.headers:
        case.headers.update(version(stand.client.get(f"/api/v1/{collection}/{key}").json()["version"]))


class Stand:
    """Cases for requests to be aimed at; new ones only where the request would use them up."""

    def __init__(self, door: Office) -> None:
        self.door, self.tokens = door, {name: door.token(name) for name in ("an", "tat")}
        self.client = door.client("tat")
        self.campaign, self.duty, _ = launch_campaign(self.client)
        self.attachment_id = attach(self.client, self.duty, PDF)
        self.leave = start_leave(self.client)["id"]

    def headers(self, username: str, case: Case) -> dict[str, str]:
        """A token of that person; a new session where it must be one, or where the request may end it."""
        is_own = re.search(r"/(tokens|sessions?|me)(/|$)", case.path)
        token = self.door.token(username, "session") if is_own else self.tokens[username]
        return {"Authorization": f"Bearer {token}"}

    def case(self, collection: str, path: str) -> str:
        if "/actions/" in path:
            return self._new(collection, path)
        return {"leave-requests": self.leave, "campaigns": self.campaign, "duties": self.duty}[collection]

    def _new(self, collection: str, path: str) -> str:
        if collection != "leave-requests":
            campaign, duty, _ = launch_campaign(self.client)
            return campaign if collection == "campaigns" else duty
        key: str = start_leave(self.client)["id"]
        if not path.endswith("/submit"):
            submit_leave(self.client, key)
        return key
