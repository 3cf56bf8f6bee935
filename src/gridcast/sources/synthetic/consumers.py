"""How the three kinds of consumers of a synthetic world behave: their days, and their answer to weather and darkness.

Each figure was chosen by hand to look like the load of a central European grid; none is fitted to measurements.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from gridcast.sources.synthetic.weatherfield import Floats

HOLIDAY = 3  # row of `Kind.week`


@dataclass(frozen=True)
class Kind:
    """How one kind of consumer behaves.

    Attributes:
        week: Consumption by the hour on a working day, a Saturday, a Sunday and a holiday, shape (4, 24);
            its mean over a week is 1.
        heating: Growth of the load for each degree below 15 degC. [1/K]
        cooling: Growth of the load for each degree above 21 degC. [1/K]
        lighting: Growth of the load between full daylight and darkness. [1]
        customers: Median number of customers of a place.
        spread: Standard deviation of the logarithm of the number of customers.
        demand: Mean consumption of one customer. [MW]
    """

    week: Floats
    heating: float
    cooling: float
    lighting: float
    customers: int
    spread: float
    demand: float


def _week(workday: str, saturday: str, sunday: str, *, holiday: float) -> Floats:
    """Return the four daily profiles scaled to a weekly mean of 1; a holiday is a Sunday times a factor."""
    days = np.array([row.split() for row in (workday, saturday, sunday)], dtype=float)
    days = np.vstack([days, holiday * days[2]])
    return np.asarray(days / np.average(days[:3].mean(axis=1), weights=[5, 1, 1]))


KINDS: Final[dict[str, Kind]] = {
    "residential": Kind(
        _week(
            "70 62 58 56 58 67 90 112 113 105 101 106 113 106  97  95 102 122 145 155 145 128 105 80",
            "78 69 63 60 59 61 69  88 110 120 122 124 128 120 110 107 113 130 145 147 133 118 102 84",
            "80 70 64 60 59 59 64  78  98 116 126 136 140 124 107 102 106 122 140 147 137 122 102 78",
            holiday=1.0,
        ),
        *(0.020, 0.030, 0.10, 15_000, 0.5, 0.0008),
    ),
    "commercial": Kind(
        _week(
            "45 42 41 41 43 50 68 100 135 155 162 162 155 155 157 153 146 135 120 100 78 62 54 48",
            "44 41 40 40 41 45 55  72  92 105 110 110 106 100  95  90  84  76  68  60 54 50 47 45",
            "43 41 40 39 39 40 43  47  52  56  60  62  62  60  58  56  55  55  55  53 50 48 46 44",
            holiday=0.93,
        ),
        *(0.015, 0.025, 0.06, 900, 0.6, 0.025),
    ),
    "industrial": Kind(
        _week(
            "92 91 91 91 93 98 110 118 121 122 122 119 117 119 117 116 114 111 109 108 106 103 97 94",
            "88 86 85 84 84 85  88  90  91  91  91  89  88  86  83  80  78  77  76  76  75  74 73 72",
            "71 70 69 69 68 68  69  69  70  70  71  71  71  70  70  70  70  71  72  73  74  76 80 84",
            holiday=0.90,
        ),
        *(0.006, 0.008, 0.02, 40, 0.7, 0.8),
    ),
}
