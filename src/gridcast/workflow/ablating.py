"""What each part of the hybrid is worth, or each kind of augmentation: trained without and with it, on the same issue times."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from gridcast.augment import KINDS, require_kinds
from gridcast.config import RunConfig, to_toml
from gridcast.errors import ConfigError, counted, did_you_mean, listed, require_positive
from gridcast.evaluation import score_table, skills
from gridcast.loading import Listener
from gridcast.panel import Panel
from gridcast.store import require_free, run_folder, write_csv, write_json, write_parquet
from gridcast.views.backtestpage import write_backtest_page
from gridcast.workflow.backtesting import HYBRID, Prepared, facts_of, page_of, prepared_for, run_models
from gridcast.workflow.making import settings_of
from gridcast.workflow.summary import overall_of

VARIANTS: dict[str, dict[str, Any]] = {
    "without CNN": {"spatial": "none"},
    "shuffled map": {"shuffled_map": True},
    "without LSTM": {"temporal": "none"},
    "without weather": {"weather": False},
    "without lines": {"lines": False},
}
ALL = "all"
EACH = (*KINDS, ALL)  # what is tried of augmentation unless kinds are named
PARTS = {
    "cnn": "without CNN",
    "map": "shuffled map",
    "lstm": "without LSTM",
    "weather": "without weather",
    "lines": "without lines",
}
OTHER_BRANCHES = {"without CNN": "without spatial branch", "without LSTM": "without temporal branch"}


@dataclass(frozen=True)
class Ablation:
    """What an ablation came to.

    Attributes:
        folder: Where it was written.
        table: `variant`, `nmae` [%], `difference_percent` (how much larger its MAE is than that of the hybrid [%]) with its
            interval `low` to `high`, and `p_value` of the Diebold-Mariano test. [1]
        summary: What `ablation.json` holds.
    """

    folder: Path
    table: pd.DataFrame
    summary: dict[str, Any]


def ablate(
    config: RunConfig | str | os.PathLike[str] | None = None,
    *,
    out: str | os.PathLike[str],
    augmentation: bool | Sequence[str] = False,
    months: int | None = None,
    parts: Sequence[str] = tuple(PARTS),
    overwrite: bool = False,
    listener: Listener | None = None,
) -> Ablation:
    """Backtest the hybrid of a configuration, and then without its parts, one at a time; write the table and a report.

    Args:
        config: Settings, or the TOML file that holds them; by default the synthetic world.
        out: The folder.
        augmentation: What it is backtested with after being backtested without any augmentation: kinds, such as `swap`, several
            together, such as `swap+dropping`, or `all`. True stands for one kind at a time and all of them.
        months: History that is kept before the first issue time; all that there is by default, or where that is less.
        parts: Of `PARTS`, those that are left out, one at a time.
        overwrite: Whether an earlier ablation there may be replaced.
        listener: Who is told how it goes.

    Raises:
        GridcastError: Of the kind that fits; nothing is left behind.
    """
    config, listener = settings_of(config), listener or Listener()
    kinds = EACH if augmentation is True else tuple(augmentation or ())
    asked = _variants_of(parts, kinds)
    require_free(out, overwrite=overwrite, kind="ablation")
    prepared = _prepared(config, months, listener)
    variants = {_named(name, config): how for name, how in asked.items() if _makes_sense(name, prepared.panel, config)}
    plain = prepared.hybrid(augment=()) if kinds else prepared.hybrid()
    makers = {HYBRID: plain, **{name: prepared.hybrid(**how) for name, how in variants.items()}}
    result = run_models(prepared, makers)
    scores = score_table(result.forecasts, result.actual, panel=prepared.panel, gap=prepared.plan.gap, places=prepared.scored)
    table = ablation_table(scores)
    facts = facts_of(prepared, result)
    kept = months if prepared.config.data.start != config.data.start else None  # where there was more to be left out
    summary = {**facts, "months": kept, "models": overall_of(scores), "ablation": table.to_dict("records")}
    told = skills(scores, HYBRID)
    page = page_of(prepared, result, scores, told, facts=facts, ablation=table[table["variant"] != HYBRID])
    with run_folder(out, overwrite=overwrite, kind="ablation") as folder:
        write_csv(table, folder / "ablation.csv")
        write_parquet(scores, folder / "scores.parquet")
        write_json(summary, folder / "ablation.json")
        write_backtest_page(page, folder / "report.html", title=f"Ablation: {Path(out).name}")
        (folder / "config.toml").write_text(to_toml(prepared.config), encoding="utf-8")
    return Ablation(Path(out), table, summary)


def ablation_table(scores: pd.DataFrame) -> pd.DataFrame:
    """Return how much larger the error of each variant is, from the scores of the hybrid and its variants."""
    overall = overall_of(scores)
    against = skills(scores, HYBRID, metrics=("mae",)).set_index("model")
    rows = [{"variant": HYBRID, "nmae": overall[HYBRID]["nmae"], "difference_percent": 0.0}]
    for name in against.index:
        row = against.loc[name]
        ends = {"difference_percent": row["skill"], "low": row["high"], "high": row["low"]}
        rows.append(
            {
                "variant": name,
                "nmae": overall[name]["nmae"],
                **{key: -100 * value for key, value in ends.items()},
                "p_value": row["p_value"],
            }
        )
    return pd.DataFrame(rows)


def _prepared(config: RunConfig, months: int | None, listener: Listener) -> Prepared:
    """Return the panel and the plan of a configuration, with so much history before the first issue time."""
    prepared = prepared_for(config, listener)
    if months is None:
        return prepared
    require_positive(months=months)
    start = prepared.plan.issue_times(prepared.panel)[0] - pd.DateOffset(months=months)
    first = prepared.panel.times[0]
    if start <= first:
        listener.say(f"there are not {counted(months, 'month')} of history: all is kept, from {first:%Y-%m-%d} on")
        return prepared
    data = config.data.model_copy(update={"start": start.isoformat()})
    return prepared_for(config.model_copy(update={"data": data}), listener)


def _variants_of(parts: Sequence[str], kinds: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return the variants that leave out parts, or those with kinds of augmentation."""
    unknown = [part for part in parts if part not in PARTS]
    if unknown:
        raise ConfigError(
            f"the hybrid has no part `{unknown[0]}`",
            found=listed(unknown),
            expected=listed(PARTS),
            hint=did_you_mean(unknown[0], PARTS),
        )
    if not kinds:
        return {PARTS[part]: VARIANTS[PARTS[part]] for part in PARTS if part in parts}
    if set(parts) != set(PARTS):
        raise ConfigError(
            "either parts are left out, or kinds of augmentation are tried",
            found=f"parts: {listed(parts) or 'none'}; augmentation: {listed(kinds)}",
            expected="one of them",
        )
    return {f"with {together}": {"augment": _together(together)} for together in kinds}


def _together(kinds: str) -> tuple[str, ...]:
    """Return the kinds of `swap+dropping`, in the order in which they are done."""
    names = list(KINDS) if kinds == ALL else [kind.strip() for kind in kinds.split("+")]
    require_kinds(names)
    return tuple(kind for kind in KINDS if kind in names)


def _named(name: str, config: RunConfig) -> str:
    """Return the name of a variant, by what the network has."""
    usual = (config.model.spatial, config.model.temporal) == ("cnn", "lstm")
    return name if usual else OTHER_BRANCHES.get(name, name)


def _makes_sense(name: str, panel: Panel, config: RunConfig) -> bool:
    """Return whether there is anything to leave out, or to change."""
    if name in ("with mixup", "with shift"):
        return len(panel.locations) > 1
    if name in ("without CNN", "shuffled map"):
        return len(panel.locations) > 1 and config.model.spatial != "none"
    if name == "without LSTM":
        return config.model.temporal != "none"
    return name not in ("without weather", "with weather", "with response") or bool(panel.ahead)
