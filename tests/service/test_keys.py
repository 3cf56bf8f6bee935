"""Keys are made, kept as hashes, and wanted wherever others could ask."""

import pytest
from typer.testing import CliRunner

from gridcast.cli import app
from gridcast.errors import ConfigError, FileError
from gridcast.service.keys import VARIABLE, Keys, hashed, new_key
from gridcast.service.running import Address, keys_for


def test_the_command_prints_a_key_once_and_keeps_its_hash(tmp_path):
    file = tmp_path / "keys.txt"
    made = [CliRunner().invoke(app, ["key", name, "--file", str(file)]).stdout.strip() for name in ("one", "two")]
    assert all(key not in file.read_text() for key in made)
    keys = Keys.read(file, {})
    assert [keys.name_of(key) for key in (*made, "other")] == ["one", "two", None]
    assert file.stat().st_mode & 0o077 == 0


def test_keys_of_the_variable(tmp_path):
    keys = Keys.read(None, {VARIABLE: f"a:{hashed('x')}, b:{hashed('y')}"})
    assert (keys.name_of("x"), keys.name_of("y")) == ("a", "b")


def test_lines_that_are_none_are_refused_and_not_shown(tmp_path):
    (tmp_path / "keys.txt").write_text("# ours\nme:plain-secret\n")
    with pytest.raises(ConfigError, match="not a key") as error:
        Keys.read(tmp_path / "keys.txt", {})
    assert "plain-secret" not in str(error.value)
    with pytest.raises(FileError, match="cannot read the keys"):
        Keys.read(tmp_path / "none.txt", {})
    with pytest.raises(ConfigError, match="one word"):
        new_key("two words")


def test_nobody_may_ask_without_keys_but_on_this_machine():
    with pytest.raises(ConfigError, match="nobody may ask"):
        keys_for(Address(), None, {})
    with pytest.raises(ConfigError, match="this machine only"):
        keys_for(Address("0.0.0.0", auth=False), None, {})  # the address that is refused
    assert keys_for(Address(auth=False), None, {}) is None
    assert keys_for(Address("0.0.0.0"), None, {VARIABLE: f"a:{hashed('x')}"}) is not None
