"""Every call of the OpenAPI description with values that schemathesis makes of it, sound ones and others, signed and not."""

import os
import uuid
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from requests import PreparedRequest
from requests.auth import AuthBase
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from hq import openapi
from hq.operate import RunningHq
from pos_app.protocol.signing import RequestToSign, signed_headers
from tests.hq.abuse.wire import assert_alive, prepared
from tests.hq.conftest import Enrol
from tests.hq.journals import Journal, now_ms

EXAMPLES = int(os.environ.get("POS_APP_ABUSE_EXAMPLES", "3"))
SCHEMA = schemathesis.openapi.from_dict(openapi.description())
OPERATIONS = [found.ok() for found in SCHEMA.get_all_operations() if isinstance(found, Ok)]
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


class Signature(AuthBase):
    """Signs a request as the till does, just before it is sent."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        body = request.body or b""
        assert isinstance(body, str | bytes)
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
def test_that_every_call_is_answered_as_described(
    hq: RunningHq, journal: Journal, enrol: Enrol, mode: GenerationMode
) -> None:
    prepared(hq, journal)
    with requests.Session() as session:
        for operation in OPERATIONS:
            # Of an address whose only parameter may be any text there is nothing that it must not be.
            if mode is GenerationMode.POSITIVE or operation.path.startswith(("/v1/terminals", "/v1/enrolments")):
                _try(operation, mode, hq, journal, session)
    assert_alive(hq, enrol())


def _try(operation: Any, mode: GenerationMode, hq: RunningHq, journal: Journal, session: requests.Session) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case: Case[Any]) -> None:
        for mine, auth in ((False, None), (False, Signature(journal)), (True, Signature(journal))):
            if mine and "terminal_id" in (case.path_parameters or {}):
                case.path_parameters["terminal_id"] = journal.terminal_id
            answer = case.call(base_url=hq.url, session=session, auth=auth)
            case.validate_response(answer, checks=CHECKS)

    check()
