import numpy as np
import pytest

from gridcast.explain.attribution import attribute
from gridcast.explain.parts import MAP, THE_REST, parts_of
from gridcast.panel import Panel


def linear(inputs, at):
    """A forecast that is a sum: half of yesterday, a fifth of the temperature, a tenth of what the third place did last."""
    steps = inputs["steps"]
    yesterday, warm = steps[..., at("steps", "day_1")[0]], steps[..., at("steps", "temperature")[0]]
    upstream = inputs["map"][:, 2, at("map", "newest_2")[0]][:, None, None]
    return 0.5 * yesterday + 0.2 * warm + 0.1 * upstream


def products(inputs, at):
    """A forecast in which everything depends on everything else."""
    steps = inputs["steps"]
    away = np.tanh(steps[..., at("steps", "day_1", "week_1", "temperature")].sum(axis=-1))
    return inputs["start"] * (1 + away) + inputs["map"].sum(axis=(1, 2))[:, None, None] * away


def test_of_a_sum_each_part_adds_its_own_summand_less_that_of_the_average_day(ask):
    question = ask(linear)
    told = attribute(question, parts_of(question, named=[2]))
    scale = question.samples.recipe.scaler.scale[1]
    here, there = (question.placed.inputs(np.atleast_1d(rows)) for rows in (question.row, question.earlier))
    names = [part for _, part in told.parts]
    steps, maps = (np.asarray(here[name][0]) - np.asarray(there[name]).mean(axis=0) for name in ("steps", "map"))
    day, warm = question_columns(question, "steps", "day_1", "temperature")
    assert told.values[names.index("1 day before")] == pytest.approx(0.5 * scale * steps[:, 1, day], abs=1e-4)
    assert told.values[names.index("temperature")] == pytest.approx(0.2 * scale * steps[:, 1, warm], abs=1e-4)
    newest = question_columns(question, "map", "newest_2")[0]
    assert told.of_group(MAP)["P2"] == pytest.approx(np.full(6, 0.1 * scale * maps[2, newest]), abs=1e-4)
    level = scale * (here["level"][0, 1] - there["level"][:, 1].mean())
    assert told.values[names.index("level of the last week")] == pytest.approx(np.full(6, level), abs=1e-4)
    nothing = [i for i, name in enumerate(names) if name not in ("1 day before", "temperature", "level of the last week", "P2")]
    assert np.abs(told.values[nothing]).max() < 1e-4


def question_columns(question, name, *wanted):
    from gridcast.samples.columns import columns_of

    names = [each.name for each in columns_of(question.samples)[name]]
    return [names.index(each) for each in wanted]


@pytest.mark.parametrize("location", ["P1", ""])
def test_the_parts_add_up_to_the_forecast_whatever_the_network_does(ask, location):
    question = ask(products, location)
    told = attribute(question, parts_of(question, named=question.others[:2]))
    whole = told.forecast - told.baseline
    assert told.values.sum(axis=0) == pytest.approx(whole, abs=0.01 * np.abs(whole).max())  # within 1 %
    assert sum(told.groups.values()) == pytest.approx(whole, abs=1e-3)
    rows = np.array([question.row])
    assert told.forecast == pytest.approx(question.answer(question.placed.inputs(rows))[0], rel=1e-5, abs=1e-4)
    assert told.baseline == pytest.approx(
        question.answer(question.placed.inputs(question.earlier)).mean(axis=0), rel=1e-5, abs=1e-4
    )
    table = told.table()
    assert table.groupby("valid_time")["contribution"].sum().to_numpy() == pytest.approx(told.forecast, rel=1e-5, abs=1e-4)
    assert list(table["lead"][:6]) == [0, 1, 2, 3, 4, 5]
    assert str(table["valid_time"].dtype.tz) == "UTC"


def test_two_parts_that_only_count_together_share_alike(ask):
    def both(inputs, at):
        one, other = (inputs["steps"][..., k] for k in at("steps", "temperature", "humidity"))
        return one * other + 0 * inputs["start"]

    question = ask(both)
    told = attribute(question, parts_of(question)).of_group("weather")
    # two parts of one group come in next to each other, in one order and its reverse: their values are exact for each day
    columns = question_columns(question, "steps", "temperature", "humidity")
    rows = np.append(question.earlier, question.row)
    steps = question.placed.inputs(rows)["steps"][:, :, 1][..., columns].astype(np.float64)
    (warm, humid), (now, later) = np.moveaxis(steps[:-1], -1, 0), steps[-1].T
    expected = ((now - warm) * humid + (now - warm) * later).mean(axis=0) / 2
    assert told["temperature"] == pytest.approx(expected * question.samples.recipe.scaler.scale[1], abs=1e-3)


def test_of_the_sum_of_all_places_nothing_is_a_neighbours(ask):
    question = ask(linear, "")
    parts = parts_of(question)
    assert MAP not in parts.groups
    assert question.name == "all places"
    one = ask(linear, "P1")
    assert (MAP, THE_REST) in parts_of(one).names


def test_every_number_that_the_network_reads_has_an_owner(ask):
    question = ask(linear)
    parts = parts_of(question, named=[0, 3], by_kind=True)
    here, there = (question.placed.inputs(np.array([row])) for row in (question.row, question.earlier[0]))
    all_of_it = parts.mixed(np.ones((1, len(parts.names)), dtype=bool), here, there)
    none_of_it = parts.mixed(np.zeros((1, len(parts.names)), dtype=bool), here, there)
    for name in here:
        assert all_of_it[name].shape == here[name].shape
        assert np.array_equal(all_of_it[name], here[name])
        assert np.array_equal(none_of_it[name], there[name])
    assert {"P0: load", "P0: weather", "P3: load"} <= {part for _, part in parts.names}


def test_earlier_days_are_at_the_same_hour_of_the_local_clock(ask, warm_panel):
    panel = warm_panel(days=95)  # to April 4th; clocks went forward on March 31st
    zoned = Panel(panel.dataset.assign_attrs(timezone="Europe/Berlin"))
    question = ask(linear, panel=zoned)
    rows = np.append(question.earlier, question.row)
    hours = question.samples.times[rows].tz_convert("Europe/Berlin").hour
    assert set(hours) == {question.issue_time.tz_convert("Europe/Berlin").hour}
    assert (np.diff(rows) > 0).all()
