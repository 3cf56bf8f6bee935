"""What is measured: the names under which it comes, the units it comes in, and the one name and unit it has inside."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]


@dataclass(frozen=True)
class Quantity:
    """One thing that is measured.

    Attributes:
        name: Inside.
        unit: Inside.
        plausible: The least and the greatest value that is believed. [unit]
        synonyms: Names in small letters, without spaces and marks.
    """

    name: str
    unit: str
    plausible: tuple[float, float]
    synonyms: frozenset[str]


def _quantity(name: str, unit: str, least: float, most: float, synonyms: str) -> Quantity:
    return Quantity(name, unit, (least, most), frozenset({name.replace("_", ""), *synonyms.split()}))


QUANTITIES = {
    each.name: each
    for each in (
        _quantity(
            "temperature", "degC", -90, 60, "temp t2m 2t tmp tair airtemp airtemperature 2mtemperature temperature2m tas drybulb"
        ),
        _quantity("dew_point", "degC", -100, 45, "dewpt dewpointtemperature 2mdewpointtemperature d2m 2d td dpt dewpoint2m tdew"),
        _quantity("humidity", "%", 0, 110, "rh hum relhum relativehumidity relativehumidity2m 2mrelativehumidity r2 2r rh2m hurs"),
        _quantity("wind_speed", "m/s", 0, 120, "wind ws wspd si10 10si windspeed10m 10mwindspeed ws10 sfcwind ff"),
        _quantity("wind_u", "m/s", -120, 120, "u10 10u u10m ugrd eastwardwind 10mucomponentofwind uas"),
        _quantity("wind_v", "m/s", -120, 120, "v10 10v v10m vgrd northwardwind 10mvcomponentofwind vas"),
        _quantity("cloud_cover", "%", 0, 100.5, "cloud clouds cloudiness tcc clt tcdc totalcloudcover cloudareafraction"),
        _quantity(
            "radiation",
            "W/m2",
            -30,
            1700,
            "ghi ssrd dswrf rsds solar irradiance solarradiation globalradiation shortwaveradiation surfacesolarradiationdownwards "
            "globalhorizontalirradiance surfacedownwellingshortwavefluxinair",
        ),
        _quantity(
            "pressure",
            "hPa",
            450,
            1100,
            "pres sp msl slp mslp prmsl psl surfacepressure sealevelpressure meansealevelpressure airpressure "
            "surfaceairpressure airpressureatmeansealevel",
        ),
        _quantity("precipitation", "mm", -0.1, 500, "precip rain rainfall tp prcp totalprecipitation precipitationamount"),
    )
}
_BY_SYNONYM = {synonym: each for each in QUANTITIES.values() for synonym in each.synonyms}

_TO_CELSIUS = {"degc": (1.0, 0.0), "kelvin": (1.0, -273.15), "degf": (5 / 9, -160 / 9)}
UNITS: dict[str, dict[str, tuple[float, float]]] = {  # inside -> as it comes -> factor, then what is added
    "degC": {
        **dict.fromkeys(("degc", "c", "celsius", "degreecelsius", "degreescelsius", "degreec"), _TO_CELSIUS["degc"]),
        **dict.fromkeys(("k", "kelvin", "degk"), _TO_CELSIUS["kelvin"]),
        **dict.fromkeys(("degf", "f", "fahrenheit", "degreefahrenheit", "degreesfahrenheit", "degreef"), _TO_CELSIUS["degf"]),
    },
    "m/s": {
        **dict.fromkeys(("m/s", "ms-1", "mps", "metersecond-1"), (1.0, 0.0)),
        **dict.fromkeys(("km/h", "kmh-1", "kmh", "kph"), (1 / 3.6, 0.0)),
        **dict.fromkeys(("knots", "knot", "kt", "kts", "kn"), (1852 / 3600, 0.0)),
        **dict.fromkeys(("mph", "mi/h"), (0.44704, 0.0)),
    },
    "%": {
        **dict.fromkeys(("%", "percent", "pct"), (1.0, 0.0)),
        **dict.fromkeys(("1", "fraction", "frac", "0-1", "-"), (100.0, 0.0)),
        **dict.fromkeys(("okta", "oktas"), (12.5, 0.0)),
    },
    "W/m2": {
        **dict.fromkeys(("w/m2", "wm-2", "wm2"), (1.0, 0.0)),
        "kw/m2": (1000.0, 0.0),
        **dict.fromkeys(("j/m2", "jm-2"), (1 / 3600, 0.0)),  # gathered in an hour
    },
    "hPa": {
        **dict.fromkeys(("hpa", "mbar", "mb", "millibar"), (1.0, 0.0)),
        "pa": (0.01, 0.0),
        "kpa": (10.0, 0.0),
        "inhg": (33.8639, 0.0),
        "mmhg": (1.33322, 0.0),
    },
    "mm": {
        **dict.fromkeys(("mm", "kgm-2", "kg/m2", "mm/h"), (1.0, 0.0)),
        "m": (1000.0, 0.0),
        "cm": (10.0, 0.0),
        **dict.fromkeys(("in", "inch", "inches"), (25.4, 0.0)),
        "kgm-2s-1": (3600.0, 0.0),
    },
}


@dataclass(frozen=True)
class SeriesName:
    """What the name of a column tells.

    Attributes:
        station: What is left of it; empty if nothing is.
        quantity: What is measured.
        unit: As written; empty if none is.
    """

    station: str
    quantity: Quantity
    unit: str


def find_quantity(name: str) -> Quantity | None:
    """Return the quantity of that name; None if there is none.

    Example:
        >>> find_quantity("2m_temperature").name, find_quantity("visibility")
        ('temperature', None)
    """
    return _BY_SYNONYM.get(re.sub(r"[\W_]+", "", name).lower())


def known_unit(unit: str, inside: str) -> tuple[float, float] | None:
    """Return factor and addend from a unit to that used inside; None if it is none of that kind.

    Example:
        >>> known_unit("m s**-1", "m/s"), known_unit("degF", "m/s")
        ((1.0, 0.0), None)
    """
    text = re.sub(r"[\s().^*·]|\*\*", "", unit).lower().replace("²", "2").replace("⁻", "-").replace("¹", "1").replace("°", "deg")
    return UNITS.get(inside, {}).get(text)


def series_name(name: str) -> SeriesName | None:
    """Return what a column's name tells of station, quantity and unit; None if it names no quantity.

    Example:
        >>> found = series_name("Los_Angeles_dewpoint_F")
        >>> found.station, found.quantity.name, found.unit
        ('Los_Angeles', 'dew_point', 'F')
        >>> found = series_name("Kyiv (°C)")
        >>> found.station, found.quantity.name, found.unit
        ('Kyiv', 'temperature', '°C')
    """
    for rest, unit in _without_unit(name):
        found = _quantity_at_an_end(rest)
        if found and (not unit or known_unit(unit, found[1].unit)):
            return SeriesName(found[0], found[1], unit)
    bare = re.search(r"[\s_]*[(\[]?\s*(°[CF]|deg[CF]|[CF](?=[)\]]))\s*[)\]]?\s*$", name)
    if bare and bare.start():
        return SeriesName(name[: bare.start()].strip(), QUANTITIES["temperature"], bare[1])
    return None


def convert(values: Floats, quantity: Quantity, unit: str) -> tuple[Floats, str]:
    """Return values in the unit used inside, and a sentence on what was done; of an unknown unit, on what was assumed.

    Example:
        >>> convert(np.array([50.0]), QUANTITIES["temperature"], "degF")
        (array([10.]), 'temperature converted from degF to degC')
    """
    name, inside = quantity.name, quantity.unit
    if not unit:
        unit = _likely_unit(values, quantity)
        if unit == inside:
            return values, f"{name} without a unit: taken as {inside}"
        factor, addend = known_unit(unit, inside) or (1.0, 0.0)
        return values * factor + addend, f"{name} without a unit: taken as {unit} by its values, converted to {inside}"
    found = known_unit(unit, inside)
    if found is None:
        return values, f"{name}: unit `{unit}` is not known for it, taken as {inside}"
    factor, addend = found
    if (factor, addend) == (1.0, 0.0):
        return values, ""
    hourly = " (gathered in an hour)" if factor == 1 / 3600 else ""
    return values * factor + addend, f"{name} converted from {unit}{hourly} to {inside}"


def _likely_unit(values: Floats, quantity: Quantity) -> str:
    """Return kelvin for temperatures that are never below 150, a fraction for shares never above 1, else the unit inside."""
    finite = values[np.isfinite(values)]
    if len(finite) and quantity.unit == "degC" and finite.min() > 150 and finite.max() < 350:
        return "K"
    if len(finite) and quantity.unit == "%" and 0 < finite.max() <= 1 and finite.min() >= 0:
        return "fraction"
    return quantity.unit


def _without_unit(name: str) -> list[tuple[str, str]]:
    """Return the ways to cut a name into a rest and a unit at its end, that without a unit last."""
    ways = []
    for pattern in (
        r"[(\[]\s*([^()\[\]]+?)\s*[)\]]\s*$",
        r"[\s_\-.,]+([^\s_]+[ _]?(?:s|h|m2|m)?-[12])\s*$",
        r"[\s_\-.,]+([^\s_]+)\s*$",
    ):
        found = re.search(pattern, name)
        if found and found.start() and any(known_unit(found[1], inside) for inside in UNITS):
            ways.append((name[: found.start()], found[1]))
    joined = re.fullmatch(r"(.*[a-z])([CFK])", name)  # tempF
    if joined:
        ways.append((joined[1], joined[2]))
    return [*ways, (name, "")]


def _quantity_at_an_end(name: str) -> tuple[str, Quantity] | None:
    """Return the rest of a name and the quantity that it ends or begins with."""
    spans = [match.span() for match in re.finditer(r"[^\W_]+?(?:(?<=[a-z])(?=[A-Z])|(?![^\W_]))", name)]
    for length in range(min(5, len(spans)), 0, -1):
        for first, last in ((spans[-length][0], spans[-1][1]), (spans[0][0], spans[length - 1][1])):
            found = find_quantity(name[first:last])
            if found:
                rest = name[:first] + name[last:]
                return rest.strip(" _-.,:;/()[]"), found
    return None
