import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridcast.errors import ShapeError
from gridcast.evaluation import evaluate, score_table
from gridcast.evaluation.scores import KINDS
from gridcast.forecast import Forecast, actual_values
from gridcast.panel import Panel

LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
ISSUED = pd.date_range("2024-01-20", periods=2, freq="D", tz="UTC")


def panel_of(names: str = "AB", freq: str = "h", **static: list) -> Panel:
    """A panel of ones, whose places have static columns."""
    times = pd.date_range("2024-01-01", periods=60 * 24, freq=freq, tz="UTC")
    spatial = pd.DataFrame({"id": list(names), "latitude": 50.0, "longitude": 10.0} | static)
    return Panel.from_wide(pd.DataFrame(1.0, index=times, columns=list(names)), spatial, unit="MW")


def forecast(values: object, panel: Panel, issue_times: pd.DatetimeIndex = ISSUED, quantiles: object = None) -> Forecast:
    return Forecast.of(np.asarray(values, float), panel=panel, issue_times=issue_times, quantiles=quantiles)


def random_case(panel: Panel, days: int = 3, horizon: int = 48, seed: int = 0) -> tuple[Forecast, dict[str, Forecast]]:
    """Readings with gaps and the forecasts of two, the second with quantiles."""
    random = np.random.default_rng(seed)
    issue_times = pd.date_range("2024-01-20", periods=days, freq="D", tz="UTC")
    shape = (days, len(panel.locations), horizon)
    readings, one, other = random.uniform(1, 9, size=(3, *shape))
    readings[random.random(shape) < 0.02] = np.nan
    one[random.random(shape) < 0.02] = np.nan
    quantiles = np.sort(random.uniform(1, 9, size=(*shape, 7)), axis=-1)
    made = {"one": forecast(one, panel, issue_times), "other": forecast(other, panel, issue_times, (LEVELS, quantiles))}
    return forecast(readings, panel, issue_times), made


def value(table: pd.DataFrame, metric: str, model: str = "model", split: str = "overall", **labels: object) -> float:
    return float(row(table, metric, model, split, **labels)["value"])


def row(table: pd.DataFrame, metric: str, model: str = "model", split: str = "overall", **labels: object) -> pd.Series:
    chosen = (table["metric"] == metric) & (table["model"] == model) & (table["split"] == split)
    for name, label in labels.items():
        chosen &= table[name] == label
    (index,) = np.flatnonzero(chosen)
    return table.iloc[index]


ACTUAL = [[[2, 4], [10, 10]], [[2, 4], [10, 10]]]
PREDICTED = [[[3, 5], [10, 10]], [[5, 1], [10, 11]]]  # A: off by 1, 1, 3, -3; B: by 0, 0, 0, 1


def test_scores_by_hand():
    panel = panel_of()
    table = score_table({"model": forecast(PREDICTED, panel)}, forecast(ACTUAL, panel), panel=panel, scale={"A": 2.0, "B": 0.5})
    assert value(table, "mae") == pytest.approx(9 / 8)
    assert value(table, "rmse") == pytest.approx((21 / 8) ** 0.5)
    assert value(table, "bias") == pytest.approx(3 / 8)
    # the readings add up to 12 and 40
    assert value(table, "wape") == pytest.approx(100 * 9 / 52)
    assert value(table, "relative_bias") == pytest.approx(100 * 3 / 52)
    assert value(table, "nmae") == pytest.approx(100 * (8 / 12 + 1 / 40) / 2)
    # shares 1/2, 1/4, 3/2, 3/4 at A, and 1/10 once in four at B
    assert value(table, "mape") == pytest.approx(100 * 3.1 / 8)
    assert value(table, "median_mape") == pytest.approx((75 + 2.5) / 2)
    # scaled errors 1/2, 1/2, 3/2, 3/2 and 2
    assert value(table, "mase") == pytest.approx(6 / 8)
    assert row(table, "mae")["n"] == 8
    assert value(table, "mae", split="location", location="A") == 2
    assert value(table, "nmae", split="location", location="B") == pytest.approx(2.5)
    assert value(table, "mae", split="lead", lead=0) == pytest.approx((1 + 0 + 3 + 0) / 4)
    assert value(table, "mae", split="lead", lead=1) == pytest.approx((1 + 0 + 3 + 1) / 4)
    assert value(table, "mae", split="issue", issue_time=ISSUED[0]) == pytest.approx(2 / 4)
    assert value(table, "mae", split="season", season="winter") == pytest.approx(9 / 8)


def test_quantiles_by_hand():
    panel = panel_of("A")
    quantiles = [[[[8, 9, 14]]], [[[10, 11, 12]]]]
    made = forecast([[[9]], [[11]]], panel, quantiles=((0.1, 0.5, 0.9), quantiles))
    table = score_table({"model": made}, forecast([[[10]], [[13]]], panel), panel=panel)
    # 10 of 8, 9, 14: 0.2, 0.5, 0.4; 13 of 10, 11, 12: 0.3, 1, 0.9
    assert value(table, "pinball") == pytest.approx((1.1 / 3 + 2.2 / 3) / 2)
    # cells 0.3, 0.4, 0.3: 2 x (0.06 + 0.2 + 0.12) and 2 x (0.09 + 0.4 + 0.27)
    assert value(table, "crps") == pytest.approx((0.76 + 1.52) / 2)
    assert value(table, "coverage80") == 50
    assert value(table, "width80") == (6 + 2) / 2
    assert not table["metric"].isin(["coverage90", "coverage50"]).any()


def test_the_table_has_its_columns_and_leaves_empty_what_is_not_the_split():
    panel = panel_of()
    actual, made = random_case(panel)
    table = score_table(made, actual, panel=panel)
    assert tuple(table.columns) == tuple(KINDS)
    assert set(table["split"]) == {"overall", "location", "lead", "hour", "season", "issue"}
    for split, column in (
        ("location", "location"),
        ("lead", "lead"),
        ("hour", "hour"),
        ("season", "season"),
        ("issue", "issue_time"),
    ):
        own, others = table[table["split"] == split], table[table["split"] != split]
        assert (own[column].notna() & (own[column] != "")).all()
        assert (others[column].isna() | (others[column] == "")).all()
    assert str(table["issue_time"].dtype) == "datetime64[ns, UTC]"
    assert (table[table["split"] != "overall"]["n"] > 0).all()


def test_it_agrees_with_the_everyday_scores():
    panel = panel_of("ABC")
    actual, made = random_case(panel)
    points = {name: Forecast(f.values) for name, f in made.items()}
    table, everyday = score_table(points, actual, panel=panel), evaluate(points, actual)
    for _, known in everyday.iterrows():
        split = "location" if known["location"] else "overall"
        for metric, ours in (("mae", "mae"), ("rmse", "rmse"), ("mape", "mape"), ("nmae", "wape")):
            found = row(table, ours, known["model"], split, location=known["location"])
            assert found["value"] == pytest.approx(known[metric])
            assert found["n"] == known["n"]


def test_shares_are_a_mean_and_a_median_over_places():
    panel = panel_of("ABCD")
    actual, made = random_case(panel)
    table = score_table(made, actual, panel=panel)
    of_place = table[(table["split"] == "location") & (table["model"] == "one")].set_index(["metric", "location"])["value"]
    assert value(table, "nmae", "one") == pytest.approx(of_place["nmae"].mean())
    assert value(table, "median_mape", "one") == pytest.approx(of_place["mape"].median())
    assert value(table, "nmae", "one") != pytest.approx(of_place["nmae"].median())
    assert value(table, "median_mape", "one") != pytest.approx(of_place["mape"].mean())


@settings(max_examples=5)
@given(st.integers(0, 99))
def test_parts_add_up_to_the_whole(seed):
    panel = panel_of("ABC", timezone=["Asia/Tokyo", "America/New_York", "UTC"], latitude=[35.0, 40.0, -30.0])
    actual, made = random_case(panel, seed=seed)
    table = score_table(made, actual, panel=panel)
    for metric in ("mae", "bias", "mape", "crps", "pinball", "coverage80", "width50", "peak_error", "peak_shift", "energy_error"):
        rows = table[(table["metric"] == metric) & (table["model"] == "other")]
        whole = rows[rows["split"] == "overall"].iloc[0]
        for _, part in rows.groupby("split"):
            assert part["n"].sum() == whole["n"]
            assert (part["value"] * part["n"]).sum() / whole["n"] == pytest.approx(whole["value"])


def test_all_are_scored_on_the_hours_that_all_have_and_what_they_miss_is_told():
    panel = panel_of()
    whole, gappy, none = np.add(ACTUAL, 1.0), np.add(ACTUAL, 2.0), np.full((2, 2, 2), np.nan)
    actual = np.array(ACTUAL, float)
    actual[0, 1, 0] = np.nan
    gappy[0, 0, 0] = gappy[0, 1, 0] = gappy[1, 0, 1] = np.nan
    made = {"whole": forecast(whole, panel), "gappy": forecast(gappy, panel), "none": forecast(none, panel)}
    table = score_table(made, forecast(actual, panel), panel=panel)
    # 8 hours, one without a reading, two that only the gappy one can't tell
    assert [row(table, "mae", name)["n"] for name in made] == [5, 5, 0]
    assert [value(table, "mae", name) for name in made] == pytest.approx([1, 2, np.nan], nan_ok=True)
    assert [value(table, "missed", name) for name in made] == [0, 2, 7]
    assert [row(table, "missed", name)["n"] for name in made] == [7, 7, 7]
    assert value(table, "missed", "gappy", "location", location="A") == 2
    assert value(table, "missed", "gappy", "location", location="B") == 0
    assert set(table[(table["model"] == "none") & (table["metric"] != "missed")]["split"]) == {"overall"}


def test_steps_of_the_gap_are_not_scored():
    panel = panel_of()
    table = score_table({"model": forecast(PREDICTED, panel)}, forecast(ACTUAL, panel), panel=panel, gap=1)
    assert value(table, "mae") == pytest.approx((1 + 0 + 3 + 1) / 4)
    assert table["lead"].dropna().unique().tolist() == [1]
    assert sorted(table["hour"].dropna().unique()) == [1]
    assert row(table, "missed")["n"] == 4


def test_only_the_places_asked_for_are_scored_in_that_order():
    panel = panel_of("ABC")
    actual, made = random_case(panel)
    table = score_table(made, actual, panel=panel, places=["C", "A"])
    assert [name for name in table["location"].unique() if name] == ["C", "A"]
    only = score_table(
        {name: Forecast(f.values[:, [2, 0]], None if f.quantiles is None else f.quantiles[:, [2, 0]]) for name, f in made.items()},
        Forecast(actual.values[:, [2, 0]]),
        panel=panel,
    )
    pd.testing.assert_frame_equal(table, only)


def test_hours_are_those_of_each_local_clock_also_when_it_is_changed():
    # the clocks of Berlin go forward at 01:00 UTC on 31 March: hour 2 is not there
    panel = panel_of("AB", timezone=["Europe/Berlin", "Asia/Kolkata"])
    issued = pd.DatetimeIndex(["2024-03-31 00:00"], tz="UTC")
    actual = forecast(np.ones((1, 2, 3)), panel, issued)
    table = score_table({"model": forecast([[[2, 3, 4], [5, 6, 7]]], panel, issued)}, actual, panel=panel)
    rows = table[(table["split"] == "hour") & (table["metric"] == "mae")]
    # Berlin 1, 3 and 4 h with errors 1, 2, 3; Kolkata 5:30, 6:30 and 7:30 with 4, 5, 6
    assert dict(zip(rows["hour"], rows["value"], strict=True)) == {1: 1, 3: 2, 4: 3, 5: 4, 6: 5, 7: 6}


@pytest.mark.parametrize(
    ("day", "north", "south"),
    [
        ("2024-02-29", "winter", "summer"),
        ("2024-03-01", "spring", "autumn"),
        ("2024-08-31", "summer", "winter"),
        ("2024-11-30", "autumn", "spring"),
        ("2024-12-01", "winter", "summer"),
    ],
)
def test_seasons_turn_round_south_of_the_equator(day, north, south):
    panel = panel_of("AB", latitude=[50.0, -30.0])
    issued = pd.DatetimeIndex([day], tz="UTC")
    table = score_table({"model": forecast([[[2], [3]]], panel, issued)}, forecast([[[1], [1]]], panel, issued), panel=panel)
    assert value(table, "mae", split="season", season=north) == 1
    assert value(table, "mae", split="season", season=south) == 2


def test_without_coordinates_all_are_taken_as_northern():
    panel = Panel.from_wide(panel_of("A").dataset["consumption"].to_pandas())
    table = score_table({"model": forecast([[[2]], [[2]]], panel)}, forecast([[[1]], [[1]]], panel), panel=panel)
    assert table["season"].unique().tolist() == ["", "winter"]


def test_peaks_and_energies_of_whole_days_after_the_gap():
    panel = panel_of("A")
    actual, predicted = np.ones((2, 1, 26)), np.ones((2, 1, 26))
    actual[:, 0, 10], predicted[0, 0, 13], predicted[1, 0, 10] = 5, 4, 5
    predicted[:, 0, 0] = 99  # in the gap
    actual[:, 0, 25] = 99  # after the day
    table = score_table({"model": forecast(predicted, panel)}, forecast(actual, panel), panel=panel, gap=1)
    # first day: a peak of 4 for 5, 3 h later, energies 27 for 28; the second day is exact
    assert value(table, "peak_error") == pytest.approx(20 / 2)
    assert value(table, "peak_shift") == 3 / 2
    assert value(table, "energy_error") == pytest.approx(100 / 28 / 2)
    assert row(table, "peak_error")["n"] == 2
    assert value(table, "peak_error", split="issue", issue_time=ISSUED[1]) == 0
    of_days = table[table["metric"].isin(["peak_error", "peak_shift", "energy_error"])]
    assert set(of_days["split"]) == {"overall", "location", "season", "issue"}


def test_a_day_with_an_hour_that_another_could_not_forecast_does_not_count():
    panel = panel_of("A")
    whole = np.ones((2, 1, 24))
    gappy = whole.copy()
    gappy[0, 0, 5] = np.nan
    table = score_table({"whole": forecast(2 * whole, panel), "gappy": forecast(gappy, panel)}, forecast(whole, panel), panel=panel)
    assert [row(table, "energy_error", name)["n"] for name in ("whole", "gappy")] == [1, 1]
    assert value(table, "energy_error", "whole") == 100


def test_each_day_of_a_forecast_is_of_its_own_season():
    panel, issued = panel_of("A"), pd.DatetimeIndex(["2024-02-29"], tz="UTC")
    actual = np.full((1, 1, 48), 10.0)
    predicted = np.repeat([11.0, 13.0], 24)[None, None]
    table = score_table({"model": forecast(predicted, panel, issued)}, forecast(actual, panel, issued), panel=panel)
    assert value(table, "energy_error", split="season", season="winter") == pytest.approx(10)
    assert value(table, "energy_error", split="season", season="spring") == pytest.approx(30)


@pytest.mark.parametrize(("freq", "steps", "leads"), [("15min", 96, [0, 0.25]), ("D", 2, [0, 24]), ("7h", 4, [0, 7])])
def test_other_steps_than_hours(freq, steps, leads):
    panel = panel_of("A", freq)
    actual = forecast(np.arange(1.0, steps + 1) * np.ones((2, 1, 1)), panel)
    table = score_table({"model": forecast(actual.values.values + 1, panel)}, actual, panel=panel)
    assert table["lead"].dropna().unique()[:2].tolist() == leads
    assert value(table, "mae") == 1
    days = table[(table["metric"] == "peak_error") & (table["split"] == "overall")]["n"].tolist()
    assert days == {"15min": [2], "D": [4], "7h": []}[freq]


def test_errors_are_scaled_by_the_week_before_the_first_issue_time_and_nothing_later():
    times = pd.date_range("2024-01-01", periods=24 * 28, freq="h", tz="UTC")
    weeks = np.repeat([1.0, 3.0, 6.0, 999.0], 168)  # steps of 2 and 3 from week to week
    panel = Panel.from_wide(pd.DataFrame({"A": weeks}, index=times))
    issued = times[[168 * 3]]
    actual = actual_values(panel, issued, 24)
    table = score_table({"model": forecast(actual.values.values + 5, panel, issued)}, actual, panel=panel)
    assert value(table, "mase") == pytest.approx(5 / 2.5)
    early = times[[24]]
    actual = actual_values(panel, early, 24)
    table = score_table({"model": forecast(actual.values.values + 5, panel, early)}, actual, panel=panel)
    assert np.isnan(value(table, "mase"))
    assert row(table, "mase")["n"] == 0


def test_the_order_of_forecasters_and_places_does_not_matter():
    panel = panel_of("ABC", timezone=["Asia/Tokyo", "America/New_York", "UTC"], latitude=[35.0, 40.0, -30.0])
    actual, made = random_case(panel)
    table = score_table(made, actual, panel=panel)
    turned = score_table(dict(reversed(made.items())), actual, panel=panel, places=["B", "C", "A"])
    keys = ["model", "split", "location", "lead", "hour", "season", "issue_time", "metric"]
    one, other = (each.sort_values(keys, ignore_index=True) for each in (table, turned))
    pd.testing.assert_frame_equal(one, other, rtol=1e-9)


def test_no_forecasts_are_no_scores():
    panel = panel_of()
    table = score_table({}, forecast(ACTUAL, panel), panel=panel)
    assert len(table) == 0
    assert tuple(table.columns) == tuple(KINDS)


def test_places_that_the_panel_does_not_have_are_refused():
    panel = panel_of()
    actual = forecast(ACTUAL, panel)
    with pytest.raises(ShapeError, match="places that the panel does not have"):
        score_table({"model": actual}, actual, panel=panel_of("AC"))


@pytest.mark.shared_data
def test_the_week_before_has_its_known_error_on_real_zones(shared_data):
    # gefcom2012, day ahead in 2007, 19 zones without the industrial one: 16.78 % of the mean load
    load = pd.read_csv(shared_data / "gefcom2012" / "load.csv.gz", index_col=0, parse_dates=True).tz_localize("UTC")
    issue_times = pd.date_range("2007-01-01", periods=365, freq="D", tz="UTC")
    panel, before = Panel.from_wide(load), Panel.from_wide(load.shift(168))
    made = {"last week": actual_values(before, issue_times, 24)}
    table = score_table(made, actual_values(panel, issue_times, 24), panel=panel, places=load.columns.drop("Z09").tolist())
    assert value(table, "nmae", "last week") == pytest.approx(16.78, abs=0.01)
    assert row(table, "nmae", "last week")["n"] == 365 * 24 * 19
