"""JSON answers and errors: status, code, sentence, and what a caller never sees."""

from __future__ import annotations

import json

import pytest

from features.errors import GoldenKeyError, NotEnoughDataError, NotFoundError
from models.ledger.actors import AccessError
from serving.http.responses import CODES, FAULT, Health, error_response, json_response, public_message, status_response


def failing(status: int) -> GoldenKeyError:
    error = GoldenKeyError("内部细节")
    error.http_status = status
    return error


def test_a_structure_is_json() -> None:
    answer = json_response(Health("ok"), 201, {"X-Test": "1"})
    assert (answer.status_code, json.loads(bytes(answer.body))) == (201, {"status": "ok"})
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-test"] == "1"


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (GoldenKeyError("句"), 400, "bad_request"),
        (AccessError("句"), 401, "unauthorized"),
        (NotFoundError("句"), 404, "not_found"),
        (NotEnoughDataError("句"), 409, "not_ready"),
    ],
)
def test_an_error_is_its_sentence_and_the_code_of_its_status(error: GoldenKeyError, status: int, code: str) -> None:
    answer = error_response(error)
    assert answer.status_code == status
    assert json.loads(bytes(answer.body)) == {"error": {"code": code, "message": "句"}}
    assert ("www-authenticate" in answer.headers) == (status == 401)


@pytest.mark.parametrize(("status", "shown"), [(422, True), (499, True), (500, False), (502, False), (503, True)])
def test_a_fault_of_ours_is_not_described(status: int, shown: bool, caplog: pytest.LogCaptureFixture) -> None:
    answer = error_response(failing(status))
    assert ("内部细节" in bytes(answer.body).decode()) == shown
    assert (public_message(failing(status)) == FAULT) != shown
    assert "内部细节" not in caplog.text
    assert ("GoldenKeyError" in caplog.text) == (status >= 500)


@pytest.mark.parametrize(("status", "code"), sorted(CODES.items()))
def test_every_status_has_its_code(status: int, code: str) -> None:
    answer = status_response(status, "句")
    assert (answer.status_code, json.loads(bytes(answer.body))["error"]["code"]) == (status, code)
