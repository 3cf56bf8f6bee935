"""The report of a backtest stands by itself, says who is best and how sure that is, and is ex ante or ex post throughout."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from gridcast.errors import FileError, ShapeError
from gridcast.forecast import Forecast, actual_values
from gridcast.panel import Panel
from gridcast.views.backtested import Backtested, Total, mean_load
from gridcast.views.backtestfigures import plot_clock, plot_leads, plot_over_time, plot_skills
from gridcast.views.backtestpage import backtest_page, write_backtest_page
from gridcast.views.backtestplaces import plot_places, plot_score_map
from gridcast.views.backtesttables import model_table, worst_table
from gridcast.views.backtestverdict import map_verdict, verdict
from gridcast.views.fans import _fresh, bands, example_weeks, plot_fans
from gridcast.views.reliability import observed, pit, plot_pit, plot_reliability

LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
NOISE = {"hybrid": 0.03, "seasonal_naive_168h": 0.09, "ridge <b>": 0.05}


def world(places: int = 4, days: int = 24, coordinates: bool = True) -> Panel:
    """Loads with the shape of days and weeks."""
    random = np.random.default_rng(places)
    hour = np.arange(24 * days)
    shape = 1 + 0.3 * np.sin(2 * np.pi * (hour - 8) / 24) - 0.15 * (hour // 24 % 7 >= 5)
    size = np.geomspace(100, 3000, places)
    load = size * shape[:, None] * (1 + 0.02 * random.normal(size=(len(hour), places)))
    names = [f"place {number}" for number in range(places)]
    times = pd.date_range("2024-01-01", periods=len(hour), freq="h", tz="UTC")
    where = {"id": names, "latitude": np.linspace(40, 50, places), "longitude": 7 * np.sin(np.arange(places))}
    return Panel.from_wide(pd.DataFrame(load, index=times, columns=names), pd.DataFrame(where) if coordinates else None, unit="MW")


def scores_of(forecasts: dict[str, Forecast], actual: Forecast) -> pd.DataFrame:
    """The scores that the report needs, worked out without care for speed."""
    mean = mean_load(actual)[None, :, None]
    issues, places, steps = np.indices(actual.values.shape)
    hours = pd.DatetimeIndex(actual.valid_times.ravel()).hour.to_numpy().reshape(len(actual.issue_times), -1)
    groups = {
        "overall": ("location", np.zeros_like(issues), [""]),
        "location": ("location", places, actual.locations),
        "lead": ("lead", steps, range(actual.horizon)),
        "hour": ("hour", np.broadcast_to(hours[:, None], issues.shape), range(24)),
        "season": ("season", np.zeros_like(issues), ["winter"]),
        "issue": ("issue_time", issues, actual.issue_times),
    }
    rows = []
    for model, forecast in forecasts.items():
        error = np.abs(forecast.values.values - actual.values.values)
        values = {"mae": error, "nmae": 100 * error / mean}
        if forecast.quantiles is not None:
            low, high = forecast.quantiles.values[..., 1], forecast.quantiles.values[..., -2]
            values["coverage80"] = 100.0 * ((actual.values.values >= low) & (actual.values.values <= high))
            values["width80"] = high - low
        for split, (column, codes, labels) in groups.items():
            for metric, value in values.items():
                for code, label in enumerate(labels):
                    own = value[codes == code]
                    score = {"value": float(np.nanmean(own)), "n": int(np.isfinite(own).sum())}
                    rows.append({"model": model, "split": split, column: label, "metric": metric, **score})
    return pd.DataFrame(rows)


def made(panel: Panel, *, quantiles: bool = True, models: int = 3, ex_post: bool = True) -> Backtested:
    """A backtest of the last ten days of a panel, a forecast a day."""
    random = np.random.default_rng(1)
    issue_times = pd.date_range(panel.times[-240], periods=10, freq="D")
    actual = actual_values(panel, issue_times, 24)
    truth, forecasts = actual.values.values, {}
    for model, noise in list(NOISE.items())[:models]:
        point = truth * (1 + noise * random.normal(size=truth.shape))
        spread = point[..., None] * (1 + noise * np.array([-1.645, -1.2816, -0.6745, 0, 0.6745, 1.2816, 1.645]))
        told = (LEVELS, spread) if quantiles and model == "hybrid" else None
        forecasts[model] = Forecast.of(
            point, panel=panel, issue_times=issue_times, ex_post=ex_post and "naive" not in model, quantiles=told
        )
    skill = {"model": "hybrid", "metric": "mae", "p_value": 0.0001}
    skills = [
        {**skill, "reference": "ridge <b>", "skill": 0.4, "low": 0.35, "high": 0.45},
        {**skill, "reference": "seasonal_naive_168h", "skill": 0.67, "low": -0.1, "high": 0.7, "p_value": 0.2},
    ]
    won = {("hybrid", "ridge <b>"): (3, 4)}
    return Backtested(scores_of(forecasts, actual), forecasts, actual, panel, skills[: models - 1], won, {"config": "a.toml"})


@pytest.fixture(scope="module")
def backtested() -> Backtested:
    return made(world())


@pytest.fixture(scope="module")
def page(backtested) -> str:
    ablation = {"variant": ["without CNN"], "nmae": [3.2], "difference_percent": [4.0], "low": [2.0], "high": [6.0]}
    sums = {name: summed(forecast) for name, forecast in backtested.forecasts.items()}
    total = Total(scores_of(sums, summed(backtested.actual)), sums, summed(backtested.actual))
    return backtest_page(replace(backtested, ablation=pd.DataFrame(ablation), total=total), title="loads <2024>")


def summed(forecast: Forecast) -> Forecast:
    values = forecast.values.sum("location", keep_attrs=True).expand_dims(location=["all"], axis=1)
    return Forecast(values)


@pytest.fixture
def undrawn(monkeypatch) -> None:
    """Leave the figures of a page undrawn, for tests of its words."""
    monkeypatch.setattr(Figure, "savefig", lambda *_, **__: None)


def test_the_page_needs_nothing_else(page):
    assert "<script" not in page
    assert not re.findall(r"https?://|@import|url\(", page)
    assert set(re.findall(r'src="([^;]+);', page)) == {"data:image/svg+xml"}


def test_names_are_text_and_no_markup(page):
    assert "ridge <b>" not in page
    assert "ridge &lt;b&gt;" in page
    assert "<h1>loads &lt;2024&gt;</h1>" in page


def test_every_table_and_every_figure_says_that_it_is_ex_post(page):
    captions = re.findall(r"<caption>(.*?)</caption>", page)
    alts = re.findall(r'<img alt="(.*?)"', page)
    # models 3, skills 2, parts, places, days 2, total, worst 2, settings
    assert len(captions) == page.count("<table") == 13
    # skills, lead, clock, weekdays, time, places, map, reliability, PIT, weeks, total
    assert len(alts) == page.count("<img") == 11
    assert all("ex post" in text for text in captions + alts)
    assert len(re.findall(r'<p class="small">[^<]*\(ex post\)</p>', page)) == len(alts)
    assert "ex ante" not in page


def test_the_figures_themselves_say_that_they_are_ex_post(backtested):
    figures = [plot(backtested) for plot in (plot_skills, plot_leads, plot_clock, plot_over_time, plot_places, plot_score_map)]
    figures += [plot_reliability(backtested), plot_fans(backtested.forecasts, backtested.actual, backtested)]
    for figure in figures:
        assert figure.get_supxlabel() == "ex post"
        assert all(axes.get_ylabel() or len(figure.axes) > 1 or axes.get_title(loc="left") for axes in figure.axes)


@pytest.mark.usefixtures("undrawn")
def test_without_weather_it_is_ex_ante():
    page = backtest_page(made(world(), ex_post=False))
    assert "ex ante: no weather was used" in page
    assert "ex post" not in page


def test_the_verdict_says_by_how_much_and_what_may_be_chance(backtested):
    text = verdict(backtested)
    first, second = text.split(". In MAE it is off by ")
    values = backtested.overall("nmae")
    assert first.startswith(f"hybrid is the best of 3 models, off by {values['hybrid']:.2f} % of mean load (nMAE, 4 places); ")
    assert first.endswith(f"ridge <b>, the second, by {values['ridge <b>']:.2f} % of mean load")
    assert " MW: 40.0 % less than ridge <b> (35.0 to 45.0 %); 67.0 % less than seasonal_naive_168h (−10.0 to 70.0 %, may" in second


def test_no_sentence_of_the_verdict_has_two_measures(backtested):
    for sentence in re.split(r"\. |; (?=ridge)", verdict(backtested)):
        assert not ("nMAE" in sentence and " MAE" in sentence)


def test_skills_are_turned_where_a_baseline_is_the_best(backtested):
    scores = backtested.scores.copy()
    scores.loc[scores["model"] == "ridge <b>", "value"] *= 0.1
    turned = replace(backtested, scores=scores)
    # the hybrid's skill against it is 0.4 (0.35 to 0.45): its own is 1 - 1 / 0.6, from 1 - 1 / 0.55 to 1 - 1 / 0.65
    assert "66.7 % more than hybrid (−81.8 to −53.8 %)" in verdict(turned)
    rows = turned.skill_table.set_index(["model", "reference"])
    assert rows.loc[("hybrid", "ridge <b>"), "skill"] == 0.4
    assert len(rows) == 4


@pytest.mark.parametrize(
    ("share", "low", "p", "said"),
    [
        (4.0, 2.0, 0.01, "The map earned its keep: the error of the variant “without CNN” is 4.0 % larger (2.0 to 9.0 %)"),
        (
            4.0,
            2.0,
            0.3,
            "did not earn its keep: the error of the variant “without CNN” is 4.0 % larger (2.0 to 9.0 %), which may be chance",
        ),
        (4.0, -1.0, 0.01, "did not earn its keep"),
        (-4.0, -9.0, 0.01, "did not earn its keep: the error of the variant “without CNN” is 4.0 % smaller"),
    ],
)
def test_the_map_earned_its_keep_only_beyond_chance(backtested, share, low, p, said):
    row = {"variant": "without CNN", "nmae": 3.2, "difference_percent": share, "low": low, "high": 9.0, "p_value": p}
    assert said in map_verdict(replace(backtested, ablation=pd.DataFrame([row])))


def test_what_was_not_tested_is_called_so(backtested):
    row = {"variant": "no_cnn", "nmae": 3.2, "difference_percent": 4.0}
    bare = replace(backtested, ablation=pd.DataFrame([{"variant": "full CNN", "nmae": 3.0}, row]), skills=())
    assert map_verdict(bare) == "The map did not earn its keep: the error of the variant “no_cnn” is 4.0 % larger (not tested)"
    assert verdict(bare).endswith("less than seasonal_naive_168h (not tested)")
    assert "MAE" not in verdict(bare).replace("nMAE", "")


def test_the_best_of_each_column_is_bold(backtested):
    rows = re.findall(r"<tr><td>(.*?)</tr>", model_table(backtested))
    own = [row for row in rows if row.startswith("<b>hybrid</b>")]
    assert [row.count("<b>") for row in own] == [3, 1, 2]  # name, nMAE, MAE; name; name, coverage
    assert not any("<b>" in row for row in rows if row not in own)


def test_the_operator_stands_on_its_own_hours_only(backtested):
    row = {"model": "operator", "split": "overall", "metric": "nmae", "value": 0.5, "n": 9}
    scores = pd.concat([backtested.scores, pd.DataFrame([row])])
    rows = re.findall(r"<tr><td>(.*?)</tr>", model_table(backtested, scores, parts=("errors",)))
    assert rows[-1].startswith("operator</td><td><b>0.500</b>")
    assert len(rows) == 4  # the three models, and it


@pytest.mark.usefixtures("undrawn")
def test_missed_steps_are_counted(backtested):
    values = backtested.forecasts["hybrid"].values.copy()
    values[0, 1, :5] = np.nan
    gappy = replace(backtested, forecasts={**backtested.forecasts, "hybrid": Forecast(values)})
    assert gappy.missed("hybrid") == (5, 10 * 4 * 24)
    assert "<td>5 of 960</td>" in backtest_page(gappy)


def test_the_worst_hour_is_found(backtested):
    values = backtested.actual.values.copy()
    values[3, 2, 7] *= 3
    rows = worst_table(replace(backtested, forecasts={"hybrid": Forecast(values)}), days=False).split("<tr>")
    # issued on the 4th of ten days from 2024-01-15 on, seven steps later
    assert "place 2" in rows[2]
    assert "Thu 2024-01-18 07:00 UTC" in rows[2]
    # no other step errs: nothing is said to be worse than the rest by more than nought
    assert ">0.0000<" in rows[3]


def test_quantiles_are_counted_at_their_levels():
    panel = world(1)
    issue_times = panel.times[-48:-24:24]
    actual = actual_values(panel, issue_times, 4)
    above = np.array([[[-1, 1], [-1, 1], [-1, 1], [1, 2]]])[:, None][:, 0][None]
    told = Forecast.of(
        actual.values.values, panel=panel, issue_times=issue_times, quantiles=([0.1, 0.9], actual.values.values[..., None] + above)
    )
    assert observed(told, actual).tolist() == [0.25, 1.0]  # one of four readings is below the lower quantile
    assert bands(told) == {80: (0, 1)}
    assert observed(Forecast(told.values), actual).size == 0


def test_the_pit_is_flat_where_readings_lie_between_levels_as_often_as_these_are_apart():
    panel = world(1)
    issue_times = panel.times[-48:-24:24]
    actual = actual_values(panel, issue_times, 10)
    # levels 0.2 and 0.7: two readings below both, five between, three above
    below, above = np.array([1.0] * 2 + [-1.0] * 8), np.array([2.0] * 7 + [-0.5] * 3)
    told = actual.values.values[..., None] + np.stack([below, above], axis=-1)
    forecast = Forecast.of(actual.values.values, panel=panel, issue_times=issue_times, quantiles=([0.2, 0.7], told))
    edges, density = pit(forecast, actual)
    assert edges.tolist() == [0, 0.2, 0.7, 1]
    assert density == pytest.approx([1, 1, 1])
    # without its first two steps nothing lies below: 0, 5 of 8 in half of the range, 3 of 8 in three tenths
    assert pit(forecast, actual, 2)[1] == pytest.approx([0, 1.25, 1.25])


def test_the_pit_is_drawn_for_models_with_quantiles(backtested):
    axes = plot_pit(backtested).axes
    assert [each.get_title(loc="left") for each in axes] == ["hybrid"]
    assert len(axes[0].patches) == len(LEVELS) + 1
    assert plot_pit(replace(backtested, forecasts={})) is None


def test_a_wild_reading_leaves_the_picture_and_that_is_said(backtested):
    values = backtested.actual.values.copy()
    values[2, :, 5] = -1e6  # an hour of the first week, at every place
    wild = replace(backtested, actual=Forecast(values))
    axes = plot_fans(wild.forecasts, wild.actual, wild).axes[0]
    assert axes.get_ylim()[0] > 0
    assert [text.get_text() for text in axes.texts] == ["some values are beyond the scale"]
    assert not plot_fans(backtested.forecasts, backtested.actual, backtested).axes[0].texts


@pytest.mark.parametrize(("first", "hours"), [(23, 24), (25, 24)])
def test_all_steps_until_the_next_forecast_are_drawn_across_a_clock_change(first, hours):
    # a clock is put forward or back between the first two of five daily forecasts
    panel = world(1)
    issue_times = panel.times[[0, *(first + 24 * np.arange(4))]]
    forecast = Forecast.of(np.zeros((5, 1, 30)), panel=panel, issue_times=issue_times)
    assert _fresh(forecast, 2) == slice(2, 2 + hours)


def test_example_weeks_are_the_median_the_worst_and_the_best(backtested):
    values = backtested.actual.values * (1 + 0.01 * np.array([1.0, 2.0, 3.0, 4.0]))[None, :, None]
    weeks = example_weeks(Forecast(values.assign_attrs(backtested.actual.values.attrs)), backtested.actual)
    assert [(week.word, week.place) for week in weeks[1:]] == [("worst", 3), ("best", 0)]
    assert weeks[0].place in (1, 2)


@pytest.mark.parametrize(
    ("places", "quantiles", "models", "coordinates"), [(1, True, 1, True), (1, False, 3, False), (61, False, 1, True)]
)
def test_odd_inputs_make_a_page(places, quantiles, models, coordinates, tmp_path):
    odd = made(world(places, coordinates=coordinates), quantiles=quantiles, models=models)
    write_backtest_page(odd, tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert ("how sure they are is not known" in page) != quantiles
    assert ("Map of the places" in page) == coordinates
    assert ("no other model stands beside it" in page) == (models == 1)
    assert "nan" not in re.sub(r"base64,[^\"]+", "", page)


def test_labels_thin_out():
    axes = plot_places(made(world(61, days=14), quantiles=False, models=1)).axes[0]
    assert len(axes.get_xticks()) == 31  # every second of 61
    assert axes.get_xlabel() == "place, one of 2 is named"


@pytest.mark.usefixtures("undrawn")
def test_scores_alone_make_a_page(backtested):
    page = backtest_page(replace(backtested, forecasts={}, skills=(), won={}))
    assert "Example weeks" not in page
    assert "(not tested)" in page


@pytest.mark.usefixtures("undrawn")
def test_a_model_without_scores_comes_last(backtested):
    scores = backtested.scores.copy()
    scores.loc[scores["model"] == "hybrid", "value"] = np.nan
    lost = replace(backtested, scores=scores)
    assert lost.models == ("ridge <b>", "seasonal_naive_168h", "hybrid")
    assert "ridge &lt;b&gt; is the best" in backtest_page(lost)


def test_the_same_backtest_makes_the_same_page(backtested):
    small = replace(backtested, forecasts={}, scores=backtested.scores[backtested.scores["split"].isin(["overall", "hour"])])
    assert backtest_page(small) == backtest_page(small)


def test_what_does_not_belong_together_is_refused(backtested, tmp_path):
    with pytest.raises(ShapeError, match="lacks `n`"):
        replace(backtested, scores=backtested.scores.drop(columns="n"))
    with pytest.raises(ShapeError, match="no scores"):
        replace(backtested, scores=backtested.scores.iloc[:0])
    with pytest.raises(ShapeError, match="not of the hours"):
        replace(backtested, forecasts={"other": Forecast(backtested.actual.values[:, :, :3])})
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match="cannot write"):
        write_backtest_page(backtested, tmp_path / "file" / "report.html")


def test_labels_that_are_local_themselves_are_shown_as_they_are(undrawn):
    panel = world()
    local = made(Panel(panel.dataset.assign_attrs(timezone="local")))
    assert "The worst of" in backtest_page(local)
