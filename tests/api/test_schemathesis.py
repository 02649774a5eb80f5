"""The HTTP door against its own OpenAPI document: whatever a schema allows or forbids, by machine."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from schemathesis import Case
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.schemas import OpenApiSchema

from tests.api.office import Office, open_office


def document(mode: str) -> OpenApiSchema:
    """The document, with every check; read from an office of its own, because pytest collects before fixtures.

    NUL characters are refused everywhere, which is not worth a pattern in each schema.
    """
    config = SchemathesisConfig.from_dict(
        {
            "generation": {
                "mode": mode,
                "max-examples": 15,
                "allow-x00": False,
                "with-security-parameters": False,
                "deterministic": True,
                "database": "none",
            },
            "checks": {
                "positive_data_acceptance": {"expected-statuses": ["2xx", "3xx", "401", "403", "404", "409", "412"]},
                "missing_required_header": {"expected-statuses": ["401", "403", "404", "428"]},
            },
        }
    )
    with tempfile.TemporaryDirectory() as folder:
        office = open_office(Path(folder))
        schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", office.app, config=config)
        office.close()
    return schema


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    office = open_office(tmp_path_factory.mktemp("door"))
    yield office
    office.close()


anything = document("all")


@anything.parametrize()
def test_answers_keep_to_the_document(case: Case, door: Office) -> None:
    case.call_and_validate(app=door.app, headers={"Authorization": f"Bearer {door.token('an')}"})
