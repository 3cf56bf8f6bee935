"""Each planted fault is found at its place and time; readings without a fault give notes at most."""

import numpy as np
import pandas as pd
import pytest

from gridcast.errors import ConfigError
from gridcast.panel import Panel
from gridcast.quality import QualityReport, inspect
from gridcast.sources.synthetic.world import generate_synthetic_spatial_data, generate_synthetic_temporal_data

AT = 4000  # row of the planted faults
P = 2  # place of the planted faults


@pytest.fixture(scope="module")
def world() -> Panel:
    places = generate_synthetic_spatial_data(8, seed=3)
    return Panel.from_tables(generate_synthetic_temporal_data(365, 0.1, locations=places, seed=3), places)


def changed(panel: Panel, change, columns=P) -> Panel:
    values = panel.consumption.copy()
    values[:, columns] = change(values[:, columns].copy())
    return Panel(panel.dataset.assign(consumption=(("time", "location"), values)))


def put(rows, value):
    """Return a change that puts a value, or what is made of the readings there, at some rows."""

    def change(line):
        line[rows] = value(line[rows]) if callable(value) else value
        return line

    return change


def only(report: QualityReport, kind: str, place: int = P):
    """The one finding of a kind; it is at the place of the planted faults."""
    (found,) = (f for f in report.of(kind) if f.severity != "note")
    assert found.location == report.locations[place]
    return found


def serious(report: QualityReport) -> list[tuple[str, str]]:
    return [(f.kind, f.location) for f in report.findings if f.severity != "note"]


def test_a_world_without_faults_gives_notes_at_most(world):
    report = inspect(world)
    assert serious(report) == []
    assert report.mask.mean() < 1e-3
    assert report.advisable


def test_noise_around_a_daily_cycle_gives_notes_at_most(make_panel):
    assert serious(inspect(make_panel(days=60, places=6))) == []
    assert serious(inspect(make_panel(days=14, places=1))) == []


@pytest.mark.parametrize(("kind", "factor"), [("spike", 3), ("drop", 0.1)])
def test_a_single_hour_out_of_bounds(world, kind, factor):
    report = inspect(changed(world, put(AT, lambda x: x * factor)))
    found = only(report, kind)
    assert report.masks[kind][AT, P]
    assert found.examples[0].start <= world.times[AT] or found.count > 1
    assert serious(report) == [(kind, world.locations[P])]


def test_a_spike_at_the_same_hour_of_many_days_is_no_habit_of_the_history(world):
    rows = AT + 24 * np.arange(30)
    report = inspect(changed(world, put(rows, lambda x: x * 4)))
    assert report.masks["spike"][rows, P].mean() >= 0.9


def test_zeros_where_a_place_consumes(world):
    found = only(inspect(changed(world, put(slice(AT, AT + 3), 0))), "zero")
    assert (found.count, found.examples[0].start) == (3, world.times[AT])
    assert found.hint == "add `--outliers mask`"


def test_many_zeros_are_wrong_unless_they_keep_to_some_hours(world):
    scattered = np.random.default_rng(0).permutation(len(world.times))[: len(world.times) // 10]
    assert only(inspect(changed(world, put(scattered, 0))), "zero").count >= len(scattered) - 1  # one may be where clocks change
    nights = np.flatnonzero(world.times.hour < 5)
    assert inspect(changed(world, put(nights, 0))).masks.get("zero") is None


def test_zeros_every_night_are_no_flat_line(world):
    nights = np.flatnonzero(world.times.hour < 8)
    assert serious(inspect(changed(world, put(nights, 0)))) == []


def test_negative_values_where_a_place_consumes(world):
    found = only(inspect(changed(world, put(slice(AT, AT + 2), -5))), "negative")
    assert (found.count, found.examples[0].value) == (2, -5)


def test_net_load_is_no_more_than_a_note(world):
    report = inspect(changed(world, lambda line: line - np.median(line)))
    (note,) = report.of("negative")
    assert note.severity == "note"
    assert "right for net load" in note.sentence
    assert "negative" not in report.masks


@pytest.mark.parametrize(
    ("factor", "hours", "words"), [(1000, 5, "1,000 times too high"), (0.001, 100, "low"), (10, 600, "10 times")]
)
def test_another_unit_for_a_while(world, factor, hours, words):
    report = inspect(changed(world, put(slice(AT, AT + hours), lambda x: x * factor)))
    found = only(report, "unit")
    assert (found.count, found.examples[0].start, found.examples[0].end) == (hours, world.times[AT], world.times[AT + hours])
    assert words in found.sentence
    assert serious(report) == [("unit", world.locations[P])]


def test_an_outage_is_no_unit_slip(world):
    report = inspect(changed(world, put(slice(AT, AT + 48), lambda x: 0.1 * x.mean() + 0.001 * np.arange(len(x)))))
    assert not report.of("unit")


def test_the_same_reading_for_too_long(world):
    found = only(inspect(changed(world, put(slice(AT, AT + 10), lambda x: x[0]))), "flat")
    assert (found.count, found.examples[0].start) == (10, world.times[AT])


def test_small_rounded_loads_repeat_by_chance(world):
    # 0, 1, 2, 3 or 4 at random: a fifth repeat; of 8760 readings runs of 1 + ln(0.01 / 8760) / ln(0.2) = 9.5 come 0.01 times
    dice = np.random.default_rng(1).integers(1, 6, len(world.times))
    assert not inspect(changed(world, lambda line: dice)).of("flat")
    dice[AT : AT + 12] = 3
    assert only(inspect(changed(world, lambda line: dice)), "flat").count >= 12


def test_another_level_for_good(world):
    found = only(inspect(changed(world, put(slice(AT, None), lambda x: x * 1.6))), "level")
    assert abs(found.examples[0].start - world.times[AT]) <= pd.Timedelta(days=7)
    assert found.examples[0].value == pytest.approx(1.6, abs=0.25)


@pytest.mark.parametrize("row", [AT, AT + 60, AT + 130])  # 136, 28 and 98 hours after the start of a week
def test_a_jump_is_dated_within_the_week(world, row):
    found = only(inspect(changed(world, put(slice(row, None), lambda x: x * 0.6))), "level")
    assert abs(found.examples[0].start - world.times[row]) <= pd.Timedelta(hours=4)
    assert found.count == pytest.approx(len(world.times) - row, abs=4)
    assert f"about {found.examples[0].start:%Y-%m-%d %H:%M}, and stays" in found.sentence


def test_a_clock_that_is_an_hour_off_for_two_months(world):
    found = only(inspect(changed(world, lambda line: np.r_[line[:AT], line[AT + 1 : 5501], line[5500:]])), "clock")
    assert "h earlier than usual beside the other places" in found.sentence
    assert found.examples[0].value == pytest.approx(-1, abs=0.2)
    assert abs(found.examples[0].start - world.times[AT]) < pd.Timedelta(days=21)


def test_a_single_place_whose_clock_moves(world):
    one = Panel(world.dataset.isel(location=[P]))
    assert serious(inspect(one)) == []
    found = only(inspect(changed(one, lambda line: np.r_[line[:4300], line[4301:], line[-1:]], 0)), "clock", 0)
    assert "earlier from about 2023-0" in found.sentence


def test_a_file_that_keeps_one_time_all_year_is_told_where_the_zone_is_known(world):
    report = inspect(world, timezones="Europe/Berlin")  # the synthetic world has no summer time
    assert len(report.of("clock")) >= 7
    assert all("where the clock is changed" in found.sentence for found in report.of("clock"))


def test_a_place_in_local_time_among_places_in_utc(world):
    ahead = ((world.times >= "2023-03-26 01:00") & (world.times < "2023-10-29 01:00")).astype(int)
    rows = np.clip(np.arange(len(ahead)) - ahead, 0, None)
    found = only(inspect(changed(world, lambda line: line[rows])), "clock")
    assert "only: a file in local time" in found.sentence


def test_copies_and_multiples_with_their_factor(world):
    values = world.consumption.copy()
    largest = int(np.median(values, axis=0).argmax())
    others = list(range(largest + 1, 8))[:2]
    values[:, others[0]], values[:, others[1]] = values[:, largest], np.round(0.9268 * values[:, largest], 3)
    report = inspect(Panel(world.dataset.assign(consumption=(("time", "location"), values))))
    names = [world.locations[place] for place in (*others, largest)]
    assert report.of("copy", names[0])[0].sentence.startswith(f"a copy of {names[2]} in ")
    assert report.of("copy", names[1])[0].sentence.startswith(f"0.9268 times {names[2]} in ")
    assert len(report.of("copy")) == 2
    assert report.of("copy")[0].hint == f"`--exclude {report.of('copy')[0].location}`"


@pytest.mark.parametrize(("what", "value"), [("zero", 0), ("missing", np.nan), ("doubled", lambda x: x * 2)])
def test_artefacts_where_the_clock_is_changed(world, what, value):
    # 2023 in Berlin: forward at 01:00 UTC of 26 March, back at 01:00 UTC of 29 October; on its own clock at 02:00
    for zone, hour in (("Europe/Berlin", "01:00"), (None, "02:00")):
        row = world.times.get_loc(pd.Timestamp(f"2023-10-29 {hour}", tz="UTC"))
        report = inspect(changed(world, put(slice(row, row + 1), value)), timezones=zone)
        (found,) = report.of("dst")
        assert (found.location, found.examples[0].start) == (world.locations[P], world.times[row])
        assert found.sentence.startswith(f"{what} at 1 changes of the clock")
        assert report.mask[row, P] == (what != "missing")


def test_missing_stretches_are_told_with_the_longest(make_panel):
    panel = make_panel(days=20, places=2, gaps=((5, 0), *((row, 0) for row in range(100, 130))))
    (found,) = inspect(panel).of("missing")
    assert found.count == 31
    # 31 of 480 are 6.5 %
    assert found.sentence == "6.5% of the readings are missing in 2 stretches, the longest of 30 h from 2024-01-05 04:00"
    assert found.severity == "warning"


def test_each_place_needs_its_zone(make_panel):
    with pytest.raises(ConfigError, match="each place needs its time zone"):
        inspect(make_panel(places=3), timezones=["UTC", "UTC"])
    with pytest.raises(ConfigError, match="unknown time zone `Mars/Olympus`"):
        inspect(make_panel(days=40), timezones="Mars/Olympus")


@pytest.mark.parametrize("freq", ["5min", "15min", "30min", "6h", "D"])
def test_any_step_is_looked_at(freq):
    times = pd.date_range("2024-01-01", periods=3000 if freq != "D" else 700, freq=freq, tz="UTC")
    hour = (times - times[0]) / pd.Timedelta(hours=1)
    noise = np.random.default_rng(0).normal(0, 0.2, (len(times), 3))
    load = 10 + 3 * np.sin(2 * np.pi * hour.to_numpy() / 24)[:, None] + noise
    load[1500 if freq != "D" else 400, 1] *= 4
    report = inspect(Panel.from_wide(pd.DataFrame(load, index=times, columns=list("abc"))))
    assert serious(report) == [("spike", "b")]
    assert report.masks["spike"][1500 if freq != "D" else 400, 1]
