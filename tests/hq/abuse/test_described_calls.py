"""Every call of the OpenAPI description with values that schemathesis makes of it, sound ones and others, signed and not."""

import os
import time
from collections.abc import Callable
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from requests import PreparedRequest
from requests.auth import AuthBase
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
import uuid

from hq import openapi
from hq.operate import RunningHq
from pos_app.protocol.signing import RequestToSign, signed_headers
from tests.hq.abuse.wire import assert_alive, prepared
from tests.hq.conftest import Enrol
from tests.hq.journals import Journal, now_ms

EXAMPLES = int(os.environ.get("POS_APP_ABUSE_EXAMPLES", "4"))
SCHEMA = schemathesis.openapi.from_dict(openapi.description())
OPERATIONS = {f"{found.ok().method} {found.ok().path}": found.ok() for found in SCHEMA.get_all_operations()}
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


class Signature(AuthBase):
    """Signs a request as the till does, just before it is sent."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        body = request.body or b""
        enrols = request.path_url.startswith("/v1/enrolments")
        signed = RequestToSign(
            str(request.method),
            request.path_url,
            "" if enrols else self._journal.terminal_id,
            now_ms(),
            uuid.uuid4().hex,
            body.encode() if isinstance(body, str) else body,
        )
        request.headers.update(signed_headers(self._journal.private_key, signed))
        return request


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("name", OPERATIONS)
def test_that_a_described_call_is_answered_as_described(
    postgres_hq: RunningHq, name: str, mode: GenerationMode, try_call: Callable[..., None]
) -> None:
    try_call(OPERATIONS[name], mode)


@pytest.fixture
def try_call(hq: RunningHq, journal: Journal, enrol: Enrol) -> Callable[[Any, GenerationMode], None]:
    session = requests.Session()
    prepared(hq, journal)

    def run(operation: Any, mode: GenerationMode) -> None:
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def check(case: Case) -> None:
            for mine, auth in ((True, Signature(journal)), (False, Signature(journal)), (False, None)):
                if mine and "terminal_id" in (case.path_parameters or {}):
                    case.path_parameters["terminal_id"] = journal.terminal_id
                answer = case.call(base_url=hq.url, session=session, auth=auth)
                case.validate_response(answer, checks=CHECKS)

        check()
        assert_alive(hq, enrol())

    return run
