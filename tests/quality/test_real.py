"""What is known to be wrong with the real data sets is found there, and forecasting from them is advisable all the same."""

import numpy as np
import pandas as pd
import pytest

from gridcast.panel import Panel
from gridcast.quality import QualityReport, inspect

pytestmark = pytest.mark.shared_data


def report_on(folder, name: str = "load.csv.gz") -> QualityReport:
    return inspect(Panel.from_wide(pd.read_csv(folder / name, index_col=0, parse_dates=True)))


@pytest.fixture(scope="module")
def gefcom2012(shared_data) -> QualityReport:
    return report_on(shared_data / "gefcom2012")


@pytest.fixture(scope="module")
def us(shared_data) -> QualityReport:
    return report_on(shared_data / "us_ba_2015_2020")


def test_gefcom2012_has_a_copy_and_a_multiple(gefcom2012):
    said = {finding.location: finding.sentence for finding in gefcom2012.of("copy")}
    assert set(said) == {"Z02", "Z07"}
    assert said["Z02"].startswith("0.9268 times Z03 in ")
    assert said["Z07"].startswith("a copy of Z03 in ")


def test_gefcom2012_has_an_outage_and_a_jump(gefcom2012):
    (zeros,) = gefcom2012.of("zero", "Z04")
    assert zeros.examples[0].start == pd.Timestamp("2004-11-25 18:00", tz="UTC")
    (jump,) = gefcom2012.of("level")
    assert jump.location == "Z10"
    assert pd.Timestamp("2007-12-20", tz="UTC") < jump.examples[0].start < pd.Timestamp("2008-01-10", tz="UTC")
    assert jump.examples[0].value == pytest.approx(2.9, abs=0.3)
    assert gefcom2012.advisable


@pytest.mark.slow
def test_us_ba_has_zeros_negative_values_flat_lines_and_clocks_that_move(us):
    assert us.of("zero", "TIDC")[0].count == 128
    assert {"PACE", "PACW", "TVA", "SOCO"} < {finding.location for finding in us.of("negative")}
    assert {"LDWP", "SWPP", "TEPC"} < {finding.location for finding in us.of("flat")}
    assert {finding.location for finding in us.of("clock")} >= {"SRP"}
    assert us.advisable


def test_us_ba_is_screened_as_its_curators_did(us, shared_data):
    folder = shared_data / "us_ba_2015_2020"
    flags = pd.read_csv(folder / "anomaly_flags.csv.gz")
    columns = pd.Index(us.locations).get_indexer(flags["location_id"])
    times = pd.DatetimeIndex(pd.read_csv(folder / "load.csv.gz", usecols=[0], index_col=0, parse_dates=True).index)
    rows = times.get_indexer(pd.DatetimeIndex(flags["timestamp_utc"]).tz_localize("UTC").as_unit(times.unit))
    flagged = np.zeros(us.shape, dtype=bool)
    flagged[rows, columns] = True
    sought = ~flags["category"].isin(["IDENTICAL_RUN", "ANOMALOUS_REGION"]).to_numpy()
    assert us.mask[rows[sought], columns[sought]].mean() > 0.8
    assert 1000 * (us.mask & ~flagged).mean() < 2


@pytest.mark.slow
def test_the_others_are_advisable(shared_data):
    nyiso = report_on(shared_data / "nyiso_2005_2020")
    assert nyiso.advisable
    assert [finding.location for finding in nyiso.of("level")] == ["NORTH"]
    whole = pd.read_csv(shared_data / "gefcom2014" / "load_temperature.csv.gz", index_col=0, parse_dates=True)
    assert inspect(Panel.from_wide(whole[["load_MW"]].dropna())).advisable
