"""Whatever follows from the description of the service, and what does not, is answered and never a fault."""

import warnings

import pytest
from hypothesis import HealthCheck, settings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    schemathesis = pytest.importorskip("schemathesis")

EXAMPLES = 25  # of each route


@pytest.fixture
def described(ask):
    from gridcast.service.door import Limits

    return schemathesis.openapi.from_asgi("/openapi.json", ask(limits=Limits(per_second=0)).app)


@schemathesis.pytest.from_fixture("described").parametrize()
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_answers_are_those_described(case):
    answer = case.call()
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert {"problem", "found", "expected", "hint"} == set(answer.json()["errors"][0])
    case.validate_response(
        answer,
        checks=[
            schemathesis.checks.not_a_server_error,
            schemathesis.specs.openapi.checks.status_code_conformance,
            schemathesis.specs.openapi.checks.content_type_conformance,
            schemathesis.specs.openapi.checks.response_schema_conformance,
        ],
    )


def test_the_examples_of_the_description_fit_it(ask):
    content = ask().get("/openapi.json").json()
    assert content["components"]["schemas"]["Asked"]["examples"][0]["load"]
    assert content["components"]["schemas"]["Refusal"]["examples"]
