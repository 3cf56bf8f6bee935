"""Places from a database."""

import pytest

from gridcast.errors import PanelError
from gridcast.sources.readings import ReadOptions
from gridcast.sources.sql.places import read_places_sql

TOWNS = (
    'CREATE TABLE places ("Zone" text, lat numeric, lon double precision, kind text, customers integer, latitude text)',
    "INSERT INTO places VALUES (' Kyiv', 50.45, 30.52, 'town', 3, 'x'), ('Lviv', 49.84, 24.03, NULL, 2, 'y')",
)


def problems_of(address, **options):
    with pytest.raises(PanelError) as caught:
        read_places_sql(address, options=ReadOptions(**options))
    return caught.value.problems


def test_ids_coordinates_and_the_rest(database):
    database.run(*TOWNS)
    read = read_places_sql(database.url("#places"), options=ReadOptions(latitude_column="lat"))
    assert read.table.to_dict("list") == {
        "id": ["Kyiv", "Lviv"],
        "latitude": [50.45, 49.84],
        "longitude": [30.52, 24.03],
        "kind": ["town", ""],
        "customers": [3, 2],
    }
    assert read.said == ("places: 2 places; id = `Zone`, latitude = `lat`, longitude = `lon`", "places: not used: `latitude`")
    query = 'SELECT "Zone", lat AS latitude, lon, customers FROM places WHERE customers > 2'
    assert read_places_sql(database.url(), query=query).table["id"].tolist() == ["Kyiv"]


def test_numbers_as_ids_and_a_type_of_its_own(postgres):
    postgres.run(
        "CREATE TABLE places (id serial, lat real, lon real, tags json)",
        "INSERT INTO places (lat, lon, tags) VALUES (50, 30, '[1]')",
    )
    assert read_places_sql(postgres.url("#places")).table.to_dict("list") == {
        "id": ["1"],
        "latitude": [50],
        "longitude": [30],
        "tags": ["[1]"],
    }


def test_columns_that_cannot_be_recognised(database):
    database.run("CREATE TABLE places (a text, b real, c real)", "INSERT INTO places VALUES ('Kyiv', 1, 2)")
    assert [problem.hint for problem in problems_of(database.url("#places"))] == ["name the column: `--id-column NAME`"]
    assert problems_of(database.url("#places"), id_column="aa")[0].hint == "did you mean `--id-column a`?"


@pytest.mark.parametrize(
    ("rows", "told", "found"),
    [
        (
            "('A', 1, 2), ('A', 1, 2), (NULL, 1, 2)",
            ["1 row of `p` has no name in `id`", "1 id of `p` comes more than once"],
            "empty, or NULL",
        ),
        ("('A', '50N', 2), ('B', 1, 2)", ["coordinates of `p` are no finite numbers"], "`A, lat: 50N`"),
        (
            "('A', '50N', 2), ('B', 95, 2)",
            ["coordinates of `p` are no finite numbers", "1 place of `p` is not on the globe"],
            "`A, lat: 50N`",
        ),
        ("('A', NULL, 2), ('B', 1, 2)", ["1 of 2 places of `p` have no coordinates"], "NULL in `lat`, `lon`: `A`"),
        ("('A', 91, 2), ('B', 1, 2)", ["1 place of `p` is not on the globe"], "`A: 91, 2`"),
        (
            "('A', 130, 2), ('B', 140, 3)",
            ["2 places of `p` are not on the globe: latitude and longitude look swapped"],
            "`A: 130, 2`, `B: 140, 3`",
        ),
    ],
)
def test_wrong_rows(sqlite, rows, told, found):
    sqlite.run("CREATE TABLE p (id text, lat, lon)", f"INSERT INTO p VALUES {rows}")
    problems = problems_of(sqlite.url("#p"))
    assert [problem.problem for problem in problems] == told
    assert problems[0].found == found


def test_one_coordinate_needs_the_other(sqlite):
    sqlite.run("CREATE TABLE p (id text, lat real)", "INSERT INTO p VALUES ('A', 50)")
    assert [problem.hint for problem in problems_of(sqlite.url("#p"))] == ["name the column: `--longitude-column NAME`"]


def test_places_without_coordinates(sqlite):
    sqlite.run("CREATE TABLE p (id text, kind text)", "INSERT INTO p VALUES ('A', 'zone')")
    assert read_places_sql(sqlite.url("#p")).table.to_dict("list") == {"id": ["A"], "kind": ["zone"]}
    sqlite.run(
        "CREATE TABLE q (id text, kind text, lat real, lon real)",
        "INSERT INTO q VALUES ('A', 'zone', NULL, NULL), ('S', 'weather', 1, 2), ('T', 'weather', NULL, NULL)",
    )
    table = read_places_sql(sqlite.url("#q")).table
    assert table["latitude"].isna().tolist() == [True, False, True]
    sqlite.run("INSERT INTO q VALUES ('B', 'zone', 3, NULL), ('C', 'zone', 3, 4)")
    assert problems_of(sqlite.url("#q"))[0].problem == "2 of 5 places of `q` have no coordinates"
