import json
import re

import httpx
from jsonschema import Draft202012Validator

from hq import openapi
from hq.app import create_app
from hq.config import HqConfig
from hq.operate import RunningHq
from tests.hq.journals import Journal, sale


def test_that_every_address_is_described_and_no_other(hq: RunningHq) -> None:
    described = set(openapi.description()["paths"])
    app = create_app(hq.engine, HqConfig(public_url=""))
    served = set(_paths(app.routes))
    assert described == served - {"/n.css", "/static/nps.css"}


def _paths(routes: object) -> list[str]:
    found: list[str] = []
    for route in routes:  # type: ignore[attr-defined]
        inner = getattr(route, "routes", None) or getattr(getattr(route, "original_router", None), "routes", None)
        found += _paths(inner) if inner else [route.path]
    return found


def test_that_references_lead_somewhere() -> None:
    described = openapi.description()
    named = set(re.findall(r"#/components/schemas/(\w+)", openapi.document().decode()))

    assert named <= described["components"]["schemas"].keys()


def test_that_answers_are_as_described(hq: RunningHq, journal: Journal) -> None:
    journal.upload(sale(account_ref="a", card="299", earned=5))
    schemas = httpx.get(hq.url + openapi.PATH).json()["components"]

    for path, name in ((f"/changes?cursor={''}", "ChangesPage"), ("/snapshot?cursor=", "SnapshotPage")):
        answer = journal.get(path)
        _check(answer.body, name, schemas)
    refused = httpx.get(f"{hq.url}/v1/terminals/{journal.terminal_id}/changes")
    _check(refused.content, "ErrorAnswer", schemas)


def _check(body: bytes, name: str, components: object) -> None:
    schema = {"$ref": f"#/components/schemas/{name}", "components": components}
    Draft202012Validator(schema).validate(json.loads(body))


def test_that_a_method_that_is_not_allowed_names_those_that_are(hq: RunningHq) -> None:
    allowed = [httpx.put(hq.url + path).headers["allow"] for path in ("/n", "/n/x", "/v1/enrolments", "/v1/health")]

    assert ["GET, POST", "GET, POST", "POST", "GET"] == allowed
