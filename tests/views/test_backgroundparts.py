"""What stands around the scores is told in short, and as text: data, quality, fingerprints, settings."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from gridcast.forecast import Forecast
from gridcast.panel import Panel
from gridcast.quality import inspect
from gridcast.views.background import Background, Print
from gridcast.views.backgroundparts import data_part, plot_losses, training_part, used_part
from gridcast.views.page import bullets, document, folded, note, pictured
from gridcast.views.trainedpage import Trained, plot_newest, trained_page


@pytest.fixture(scope="module")
def panel() -> Panel:
    times = pd.date_range("2024-01-01", periods=24 * 21, freq="h", tz="UTC")
    load = 100 + 10 * np.sin(2 * np.pi * times.hour.to_numpy() / 24)[:, None] + np.zeros(5)
    load[100:130, 0] = np.nan
    load[200, 1] = 1000
    return Panel.from_wide(pd.DataFrame(load * np.arange(1, 6), index=times, columns=["a<b>", "B", "C", "D", "E"]), unit="MW")


def test_the_data_are_told_with_their_findings_and_what_is_missing(panel):
    report = inspect(panel)
    told = data_part(Background(described="5 places", quality=report, said=("`x` <read>",), absent="can't be read: `y`"))
    assert "Forecasting is advisable" in told
    assert "a&lt;b&gt;" in told
    assert "a<b>" not in told
    assert told.count("<tr>") == 1 + len(report.summary())
    assert '<p class="verdict no">can&#x27;t be read: <code>y</code></p>' in told
    assert "<details><summary>What was recognised when the data were read</summary>" in told
    assert "<code>x</code> &lt;read&gt;" in told
    assert data_part(Background()) == ""


def test_fingerprints_and_settings_are_told():
    prints = (Print("readings", "load<1>.csv", "ab" * 32, 2048, "the same"), Print("weather", "gone.csv", ""))
    facts = {"seed": 3, "training_seconds": {"hybrid": 10.0, "ridge": 1.5}, "prediction_seconds": {"hybrid": 2.0}}
    told = used_part(Background(prints=prints, config="[data]\nunit = '<MW>'"), facts, "ex ante")
    assert f'<td>load&lt;1&gt;.csv</td><td>2</td><td>the same</td><td><span class="hash">{"ab" * 32}</span></td>' in told
    assert '<td>gone.csv</td><td>–</td><td>–</td><td><span class="hash">–</span></td>' in told
    assert "<td>hybrid</td><td>10.0</td><td>2.0</td>" in told
    assert "<td>ridge</td><td>1.5</td><td>–</td>" in told
    assert "training seconds" not in told
    assert "unit = &#x27;&lt;MW&gt;&#x27;" in told


def test_the_loss_is_drawn_where_it_is_known():
    history = pd.DataFrame({"loss": [2.0, 1.0], "val_loss": [2.5, 1.5], "epoch": [1, 2]})
    assert plot_losses(history).axes[0].get_title(loc="left") == "Loss by epoch"
    assert training_part(Background(history=history)).count("<img") == 1
    assert training_part(Background()) == training_part(Background(history=pd.DataFrame({"epoch": [1]}))) == ""


def test_a_page_leaves_out_what_is_empty_and_prints_figures_whole():
    page = document("a <b>", {"": "first", "Nothing": "", "Some": "second"})
    assert "<title>a &lt;b&gt;</title>" in page
    assert "Nothing" not in page
    assert re.search(r"@media print \{.*details:not\(\[open\]\) \{ display: none; \}", page, flags=re.DOTALL)
    assert re.search(r"section \{[^}]*break-inside: avoid", page)
    assert "<script" not in page
    assert (note(""), bullets([]), folded("x", ""), pictured(None, "", "")) == ("", "", "", "")


@pytest.fixture
def made(panel) -> Forecast:
    issued = panel.times[-24:-22]
    values = np.broadcast_to(np.arange(1.0, 6.0)[:, None], (2, 5, 24)) * 100
    told = values[..., None] + np.array([-20.0, 0, 20])
    return Forecast.of(values, panel=panel, issue_times=issued, quantiles=([0.1, 0.5, 0.9], told))


def test_the_newest_forecast_is_drawn_for_the_largest_places(panel, made):
    figure = plot_newest(Trained({}, Background(), made, panel))
    assert [axes.get_title(loc="left").partition(",")[0] for axes in figure.axes] == ["E", "D", "C"]
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["80 % interval", "forecast", "actual"]
    alone = plot_newest(Trained({}, Background(), made))
    assert [text.get_text() for text in alone.legends[0].get_texts()] == ["80 % interval", "forecast"]
    assert plot_newest(Trained({}, Background())) is None


def test_a_training_without_scores_makes_a_page(panel, made):
    trained = Trained({"seed": 3}, Background(asked="Asked for: `x`.", left_out=("Not read: `Z`.",)), made, panel, "`gridcast y`")
    page = trained_page(trained, title="Training: <t>")
    assert "<h1>Training: &lt;t&gt;</h1><p>Asked for: <code>x</code>.</p>" in page
    assert "No step of 2 forecasts of 5 places has a reading yet" in page
    assert "<code>gridcast y</code>" in page
    assert "<li>Not read: <code>Z</code>.</li>" in page
    assert "There is no forecast to report" in trained_page(replace(trained, forecast=None), title="t")
