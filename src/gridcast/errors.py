"""The errors that every door prints: what is wrong, what was found, what was expected, what to type next."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sized
from dataclasses import dataclass

SHOWN = 5
NEAR, NEAR_FILE = 0.6, 0.75  # similarity of a name that may have been meant; files share their endings


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, in the four parts in which the doors print it."""

    problem: str
    found: str = ""
    expected: str = ""
    hint: str = ""

    def __str__(self) -> str:
        parts = [f"  {name:<9} {text}" for name, text in (("found:", self.found), ("expected:", self.expected)) if text]
        lines = [self.problem, *parts]
        return "\n".join([*lines, "", f"hint: {self.hint}"] if self.hint else lines)


class GridcastError(Exception):
    """A mistake in the input or in a call; the command line prints it without a traceback and exits with 2."""

    def __init__(self, problem: str, *, found: str = "", expected: str = "", hint: str = "") -> None:
        self.problems: tuple[Problem, ...] = (Problem(problem, found, expected, hint),)
        super().__init__(str(self))

    @classmethod
    def of(cls, problems: Iterable[Problem]) -> GridcastError:
        """Return one error that carries several problems, so that all of them are reported at once."""
        problems = tuple(problems)
        error = cls(problems[0].problem)
        error.problems = problems
        error.args = (str(error),)
        return error

    def __str__(self) -> str:
        return "\n\n".join(str(problem) for problem in self.problems)


class PanelError(GridcastError):
    """The tables do not make a panel: times, places or values are wrong."""


class FileError(GridcastError):
    """A file is missing, cannot be read, or cannot be written."""


class ConfigError(GridcastError):
    """A setting is unknown or out of its range."""


class ShapeError(GridcastError):
    """Arrays that belong together do not fit each other."""


class TrainingError(GridcastError):
    """The network cannot be trained on what it was given."""


class GridcastWarning(UserWarning):
    """Something that the user should know of, and that does not stop the work."""


def listed(names: Iterable[object], shown: int = SHOWN) -> str:
    """Return the first few names in quotes and the count of the rest.

    Example:
        >>> listed(["Lviv", "Kyiv", "Odesa"], shown=2)
        '`Lviv`, `Kyiv` and 1 more'
    """
    names = list(names)
    text = ", ".join(f"`{name}`" for name in names[:shown])
    return f"{text} and {len(names) - shown} more" if len(names) > shown else text


def counted(things: int | Sized, noun: str) -> str:
    """Return a count with its noun, in the plural where it is not one.

    Example:
        >>> counted(1, "place"), counted([1, 2], "place")
        ('1 place', '2 places')
    """
    number = things if isinstance(things, int) else len(things)
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def did_you_mean(name: str, known: Iterable[str], form: str = "{}", otherwise: str = "", *, cutoff: float = NEAR) -> str:
    """Return a hint with the nearest known name, whatever its capitals; or another hint where none is near.

    Args:
        name: What was typed.
        known: What could have been meant.
        form: What is shown, with `{}` for the name.
        otherwise: The hint where none is near.
        cutoff: Least similarity of one that is near, of 1.

    Example:
        >>> did_you_mean("europe/kiev", ["Europe/Kyiv", "Europe/Rome"], "--timezone {}")
        'did you mean `--timezone Europe/Kyiv`?'
    """
    folded = {each.lower(): each for each in known}
    near = difflib.get_close_matches(name.lower(), folded, n=1, cutoff=cutoff)
    return f"did you mean `{form.format(folded[near[0]])}`?" if near else otherwise


def require_positive(**values: float) -> None:
    """Refuse every value that is not above zero.

    Raises:
        ConfigError: Naming each value at fault.

    Example:
        >>> require_positive(epochs=5)
    """
    wrong = {name: value for name, value in values.items() if not value > 0}
    if wrong:
        raise ConfigError(
            f"{listed(wrong)} must be above zero",
            found=", ".join(f"{name} = {value}" for name, value in wrong.items()),
            expected="a number of at least 1",
        )
