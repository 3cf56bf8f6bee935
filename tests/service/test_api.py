"""The service answers: forecasts that are those of the command, in three kinds; and what it tells of itself."""

import io
import re
import shutil

import pandas as pd
import pytest

LEVELS = [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95]
CSV, PARQUET = "text/csv", "application/vnd.apache.parquet"


def test_what_is_sent_is_forecast_as_the_source_would_be(client, sent):
    """The same readings and weather, once sent and once from the files, at the same issue time."""
    made = client.post("/forecast", json=sent)
    assert made.status_code == 200, made.text
    told = made.json()
    assert told["issue_time"] == "2024-01-30T00:00:00Z"
    assert (told["unit"], told["step_minutes"], told["levels"], len(told["valid_times"])) == ("MW", 60, LEVELS, 24)
    assert {each["quality"] for each in told["locations"].values()} == {""}
    source = client.get("/forecast", params={"issue_time": "2024-01-30T00:00:00Z"}).json()
    for name in "ABC":
        # the files have older weather too, which its mean over the last days no longer feels
        assert told["locations"][name]["point"] == pytest.approx(source["locations"][name]["point"], abs=1e-3)


def test_the_latest_is_what_the_command_forecasts(client, exported, tmp_path):
    from gridcast.workflow.forecasting import forecast

    table = forecast(exported.parent, out=tmp_path / "f.csv")
    told = client.get("/forecast/latest", headers={"Accept": CSV})
    read = pd.read_csv(io.StringIO(told.text), parse_dates=["issue_time", "valid_time"], keep_default_na=False)
    assert list(read) == list(table)
    assert read["point"].to_numpy() == pytest.approx(table["point"].to_numpy(), abs=1e-3)
    assert read["q0.95"].to_numpy() == pytest.approx(table["q0.95"].to_numpy(), abs=1e-3)
    assert (read["valid_time"] == table["valid_time"]).all()
    assert set(read["quality"]) == {"no weather"}


@pytest.mark.filterwarnings("ignore:`temperature` is missing")
def test_days_after_the_training_correct_the_latest(ask, exported, tiny_tables, tmp_path):
    from gridcast.loading import Listener
    from gridcast.service.forecasts import Forecasts
    from gridcast.service.measures import Measures
    from gridcast.service.model import Shelf
    from gridcast.service.source import Source
    from gridcast.workflow.forecasting import forecast

    run = shutil.copytree(exported.parent, tmp_path / "run")
    tiny_tables(33)[0].to_csv(tmp_path / "load.csv")
    config = (run / "config.toml").read_text()
    (run / "config.toml").write_text(re.sub(r'"[^"]*/load.csv"', f'"{(tmp_path / "load.csv").as_posix()}"', config))
    said: list[str] = []
    table = forecast(run, out=tmp_path / "f.csv", listener=Listener(said.append))
    assert "corrected by what the forecasts of 3 days before have missed" in said
    longer = Forecasts(Shelf(exported, Measures()), Source.of(run, 300), Measures())
    told = ask(forecasts=longer).get("/forecast/latest").json()["locations"]
    for name, rows in table.groupby("location"):
        assert told[name]["point"] == pytest.approx(rows["point"].tolist(), abs=1e-3)

    longer.shelf.model.card["run"]["trained_until"] = "2024-02-03T00:00:00+00:00"  # a newer model has learned from these days
    longer.made.clear()
    longer.told.clear()
    newer = ask(forecasts=longer).get("/forecast/latest").json()["locations"]
    assert newer["A"]["point"] != pytest.approx(told["A"]["point"], rel=1e-3)


@pytest.mark.parametrize("how", ["post", "get"])
def test_some_places_and_quantiles_in_the_order_asked(client, sent, how):
    if how == "post":
        told = client.post("/forecast", json={**sent, "locations": ["C", "A"], "quantiles": [0.9, 0.1]}).json()
    else:
        told = client.get("/forecast/latest", params={"location": ["C", "A"], "quantile": [0.9, 0.1]}).json()
    assert (list(told["locations"]), told["levels"]) == (["C", "A"], [0.1, 0.9])
    low, high = told["locations"]["C"]["quantiles"]
    assert all(a <= b for a, b in zip(low, high, strict=True))


def test_the_kinds_say_the_same(client, sent):
    told = client.post("/forecast", json=sent).json()
    csv = pd.read_csv(io.StringIO(client.post("/forecast", json=sent, headers={"Accept": CSV}).text))
    parquet = pd.read_parquet(io.BytesIO(client.post("/forecast", json=sent, headers={"Accept": PARQUET}).content))
    assert list(csv) == list(parquet)
    for table in (csv, parquet):
        b = table[table["location"] == "B"]
        assert b["q0.9"].tolist() == pytest.approx(told["locations"]["B"]["quantiles"][5], rel=1e-5)
        assert b["lead"].tolist() == list(range(24))
    refused = client.get("/forecast/latest", headers={"Accept": "image/png"})
    assert (refused.status_code, refused.json()["errors"][0]["found"]) == (406, "`image/png`")


def test_it_forecasts_a_place_that_it_has_not_learned(client, sent):
    sent["load"]["new"], sent["weather"]["temperature"]["new"] = sent["load"]["A"], sent["weather"]["temperature"]["A"]
    assert client.post("/forecast", json=sent).status_code == 422
    sent["places"] = {"new": {"latitude": 50.2, "longitude": 5.2}}
    told = client.post("/forecast", json=sent).json()
    assert told["locations"]["new"]["quality"] == "new place"


def test_without_weather_it_says_so(client, sent):
    del sent["weather"]
    told = client.post("/forecast", json=sent).json()
    assert {each["quality"] for each in told["locations"].values()} == {"no weather"}


def test_it_tells_of_the_model_and_of_its_places(client):
    card = client.get("/model").json()
    assert (card["horizon"], card["levels"], card["weather"], card["run"]["places"]) == (24, LEVELS, ["temperature"], 3)
    assert [each["name"] for each in client.get("/locations").json()] == ["A", "B", "C"]


def test_health_and_counts(client):
    assert client.get("/health/live").json() == {"status": "live"}
    ready = client.get("/health/ready").json()
    assert (ready["status"], ready["model"]) == ("ready", client.get("/model").json()["version"])
    text = client.get("/metrics").text
    assert 'gridcast_requests_total{method="GET",route="/model",status="200"}' in text
    assert 'gridcast_request_seconds_bucket{route="/model",le="+Inf"}' in text


def test_no_page_of_it_asks_another_host(client):
    assert client.get("/docs").status_code == 404
    assert "access-control-allow-origin" not in client.get("/model", headers={"Origin": "http://elsewhere"}).headers
