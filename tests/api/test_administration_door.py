"""Administration against its own OpenAPI document, by an administrator: no answer outside it, no fault."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from schemathesis import Case

from api.settings import Settings
from engine.administration import log
from tests.api.office import Office, open_office
from tests.api.test_schemathesis import document, give_own_key

PATHS = (
    r"/api/v1/(units|unit-kinds|people|memberships|seats|mandates|calendar-days|legal-rows|settings|administration)"
    r"(/(\{(id|code)\}|mail|history)(/(closing|leaving|memberships|confirmation))?)?$|/transfer$"
)


@pytest.fixture(scope="module")
def door(module_folder: Path) -> Iterator[Office]:
    office = open_office(module_folder, Settings())
    yield office
    with office.engine.database.read() as tx:
        assert list(log.verify(tx)) == []
    office.close()


anything = document("all", PATHS)
anything.config.checks.positive_data_acceptance.expected_statuses = ["2xx", "401", "403", "404", "409", "422", "429"]


@anything.parametrize()
def test_answers_to_an_administrator_keep_to_the_document(case: Case, door: Office) -> None:
    give_own_key(case)

    case.call_and_validate(app=door.app, headers={"Authorization": f"Bearer {door.token('quantri')}"})
