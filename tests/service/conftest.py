"""The service of the tiny network, asked without a server."""

import warnings

import pytest

pytest.importorskip("fastapi")
pytest.importorskip("onnxruntime")

KEY = "a key that is known"


@pytest.fixture(scope="session")
def forecasts(exported):
    """Return what the service makes forecasts with."""
    from gridcast.service.forecasts import Forecasts
    from gridcast.service.measures import Measures
    from gridcast.service.model import Shelf
    from gridcast.service.source import Source

    measures = Measures()
    return Forecasts(Shelf(exported, measures), Source.of(exported.parent, 300), measures)


@pytest.fixture
def ask(forecasts):
    """Return a function that makes a client of the service, with keys and limits as wanted."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the client names its successor
        from fastapi.testclient import TestClient

    from gridcast.service.api import make_app

    def client(keys=None, limits=None, forecasts=forecasts):
        return TestClient(make_app(forecasts, keys=keys, limits=limits))

    return client


@pytest.fixture
def client(ask):
    """Return a client that needs no key."""
    from gridcast.service.door import Limits

    return ask(limits=Limits(per_second=0))


@pytest.fixture
def sent(tiny_tables):
    """Return what a client sends: ten days of load, and weather that goes on for the day after."""
    load, weather = (table.iloc[-24 * 11 :] for table in tiny_tables())
    temperature = {name: weather[f"{name}_temperature_c"].tolist() for name in load}
    return {
        "start": load.index[0].isoformat(),
        "load": {name: load[name].iloc[: 24 * 10].tolist() for name in load},
        "weather": {"temperature": temperature},
    }
