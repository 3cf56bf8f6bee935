"""Whatever follows from the description of the service, and what does not, is answered and never a fault."""

import warnings

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    schemathesis = pytest.importorskip("schemathesis")
    from schemathesis import checks as every
    from schemathesis.specs.openapi import checks as of_openapi

CHECKS = [
    every.not_a_server_error,
    of_openapi.status_code_conformance,
    of_openapi.content_type_conformance,
    of_openapi.response_schema_conformance,
]
EXAMPLES = 25  # of each route, right and wrong ones


ROUTES = (
    *(("POST", "/forecast"), ("GET", "/forecast"), ("GET", "/forecast/latest")),
    *(("GET", path) for path in ("/locations", "/model", "/metrics", "/health/live", "/health/ready")),
)


@pytest.fixture
def described(ask):
    from gridcast.service.door import Limits

    return schemathesis.openapi.from_asgi("/openapi.json", ask(limits=Limits(per_second=0)).app)


def test_all_routes_are_described(described):
    found = [each.ok() for each in described.get_all_operations()]
    assert sorted((each.method.upper(), each.path) for each in found) == sorted(ROUTES)


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode), ids=lambda mode: mode.value)
def test_answers_are_those_described(described, method, path, mode):
    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=described[path][method].as_strategy(generation_mode=mode))
    def check(case):
        answer = case.call()
        assert answer.status_code < 500, answer.text
        if answer.status_code >= 400:
            assert set(answer.json()["errors"][0]) == {"problem", "found", "expected", "hint"}
        if answer.status_code != 405:
            case.validate_response(answer, checks=CHECKS)

    try:
        check()
    except Unsatisfiable:
        assert mode is schemathesis.GenerationMode.NEGATIVE  # nothing can be wrong with a request without parameters


def test_the_examples_of_the_description_fit_it(ask):
    content = ask().get("/openapi.json").json()
    assert content["components"]["schemas"]["Asked"]["examples"][0]["load"]
    assert content["components"]["schemas"]["Refusal"]["examples"]
