"""Definitions over HTTP, and the OpenAPI document made from them."""

import json
import re
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.errors import PROBLEM
from tests.api.office import Office, start_leave, version


@pytest.fixture
def document(an: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = an.get("/api/v1/openapi.json").json()
    return found


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found = (operation for path in document["paths"].values() for operation in path.values())
    return {operation["operationId"]: operation for operation in found}


def test_the_processes_are_listed(an: TestClient) -> None:
    items = an.get("/api/v1/definitions").json()["items"]

    assert [item["code"] for item in items] == ["leave_request", "campaign", "duty"]


def test_a_definition_tells_states_actions_and_law(an: TestClient) -> None:
    card = an.get("/api/v1/definitions/duty").json()

    assert card["begin"] == {"places": [{"below": "campaign", "by": []}], "guards": []}
    assert card["papers"] == [{"kind": "REPORT", "label": "Báo cáo kết quả"}]
    states = {state["id"]: state for state in card["states"]}
    assert states["assigned"]["due"] == {"kind": "date", "days": None, "field": "campaign.due_on", "limits": []}
    assert states["assigned"]["reminders"] == [
        {"days": -2, "every": None, "to": [{"code": "officer", "label": "Cán bộ"}]}
    ]
    assert states["reported"]["due"]["limits"] == [
        {"key": "check", "working_days": 3, "citation": "Quy định của hệ thống", "mark": "D"}
    ]
    assert (states["excused"]["final"], states["excused"]["good"], states["excused"]["owner"]) == (True, False, None)


def test_an_action_tells_who_when_and_under_which_rules(an: TestClient) -> None:
    actions = {action["id"]: action for action in an.get("/api/v1/definitions/duty").json()["actions"]}

    assert [(move["from"], move["to"]) for move in actions["report"]["moves"]] == [
        ("assigned", "reported"),
        ("sent_back", "reported"),
    ]
    assert actions["report"]["moves"][0]["performers"] == [{"code": "officer", "label": "Cán bộ"}]
    assert [(rule["code"], rule["blocks"], rule["mark"]) for rule in actions["report"]["rules"]] == [
        ("result_given", True, "D"),
        ("result_long", False, "U"),
    ]
    assert actions["send_back"]["form"]["required"] == ["reason"]
    assert (actions["settle"]["by"], actions["settle"]["moves"][0]["performers"]) == ("message", [])
    assert actions["settle"]["moves"][0]["guards"] == [{"code": "was_accepted", "sentence": "Chưa được tiếp nhận"}]


def test_a_timer_tells_when_the_clock_acts(an: TestClient) -> None:
    card = an.get("/api/v1/definitions/campaign").json()
    actions = {action["id"]: action for action in card["actions"]}

    assert (actions["lapse"]["by"], actions["lapse"]["due"]["kind"]) == ("clock", "deadline")
    assert actions["finish"]["carries"] == "settle"
    assert {state["id"]: state["time_out"] for state in card["states"]}["running"] == "lapse"


def test_begin_tells_who_may(an: TestClient) -> None:
    card = an.get("/api/v1/definitions/leave_request").json()

    assert card["begin"]["places"] == [{"below": None, "by": [{"code": "officer", "label": "Cán bộ"}]}]


@pytest.mark.parametrize("code", ["nothing", "duty.bpmn", "duty.svg", "%00"])
def test_what_is_not_defined_is_not_found(an: TestClient, code: str) -> None:
    answer = an.get(f"/api/v1/definitions/{code}")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_each_action_of_a_person_is_an_operation_of_its_own(document: dict[str, Any]) -> None:
    acts = {name for name in operations(document) if "_act_" in name}

    assert acts == {
        "leave_request_act_submit", "leave_request_act_grant", "leave_request_act_refuse",
        "campaign_act_launch", "campaign_act_finish",
        "duty_act_report", "duty_act_send_back", "duty_act_accept", "duty_act_excuse",
    }  # fmt: skip


def test_names_of_operations_suit_client_generators(document: dict[str, Any]) -> None:
    found = operations(document)

    assert len(found) == sum(len(path) for path in document["paths"].values())
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in found)
    assert all(operation["tags"] and operation["summary"] for operation in found.values())


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    references = set(re.findall(r'"\$ref": "#/components/schemas/([^"]+)"', json.dumps(document)))

    assert references <= set(document["components"]["schemas"])
    assert "#/$defs" not in json.dumps(document)


def test_every_refusal_is_documented_as_a_problem(document: dict[str, Any]) -> None:
    for name, operation in operations(document).items():
        for status, answer in operation["responses"].items():
            if status >= "400":
                assert list(answer["content"]) == [PROBLEM], (name, status)


def test_changes_name_their_headers_and_both_ways_to_log_in(document: dict[str, Any]) -> None:
    edit = operations(document)["leave_request_edit"]

    headers = {
        parameter["name"]: parameter["required"] for parameter in edit["parameters"] if parameter["in"] == "header"
    }
    assert headers == {"If-Match": True, "Idempotency-Key": False}
    assert edit["security"] == [{"session": []}, {"token": []}]
    assert set(edit["requestBody"]["content"]) == {"application/merge-patch+json", "application/json"}


def test_input_is_closed_and_answers_are_typed(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    refuse = operations(document)["leave_request_act_refuse"]

    assert refuse["requestBody"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/LeaveRequestRefuseForm"
    }
    assert schemas["LeaveRequestRefuseForm"]["additionalProperties"] is False
    assert schemas["LeaveRequestRefuseForm"]["required"] == ["answer"]
    assert set(schemas["LeaveRequestPatch"]["properties"]) == {"reason", "first_day", "days"}
    assert schemas["DutyPatchLine"]["additionalProperties"] is False
    answer = refuse["responses"]["200"]["content"]["application/json"]["schema"]
    assert schemas[answer["$ref"].rpartition("/")[2]]["properties"]["dossier"] == {"$ref": "#/components/schemas/Leave"}


def test_no_parameter_may_be_null(document: dict[str, Any]) -> None:
    parameters = [p for operation in operations(document).values() for p in operation.get("parameters", ())]

    assert "null" not in json.dumps([parameter["schema"] for parameter in parameters])


def test_the_pages_that_load_from_elsewhere_are_off(office: Office) -> None:
    client = office.client()

    assert [client.get(path).status_code for path in ("/docs", "/redoc", "/openapi.json")] == [404, 404, 404]


def test_definitions_and_offers_show_the_same_form(an: TestClient, binh: TestClient) -> None:
    key = start_leave(an)["id"]
    an.post(f"/api/v1/leave-requests/{key}/actions/submit", headers=version(1))
    offered = {a["action"]: a["form"] for a in binh.get(f"/api/v1/leave-requests/{key}/actions").json()["items"]}
    defined = {a["id"]: a["form"] for a in an.get("/api/v1/definitions/leave_request").json()["actions"]}

    assert offered["refuse"] == defined["refuse"]
