"""Which branches are best: `python benchmarks/architectures.py [--sets SET ...] [--epochs 30] [--seeds 1]`.

Trains the hybrid with each branch on the configurations of benchmarks/accuracy, and scores it on the last weeks BEFORE their test
period, of which nothing is read. Errors stand beside seconds, parameters and lines of code. What is in the folder of results is not
done again; an interrupted run goes on after the last training. Writes benchmarks/architectures.md from what is there. Needs
../shared/data. All three sets take some hours of two cores; `--small` takes four places, half a year and a tiny network, to see
that it works, and prints the page instead.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import json
import statistics
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from gridcast.atomic import replacing
from gridcast.config import RunConfig, make_config, read_config
from gridcast.loading import Listener
from gridcast.networks import attention, spatial, temporal
from gridcast.workflow.backtesting import HYBRID, run_models
from gridcast.workflow.validating import Validation, score_of

HERE = Path(__file__).parent
SETS = ("gefcom2012", "us_ba", "nyiso")
SINCE = {"nyiso": "2013-01-01 05:00"}  # of twelve years four are read, as many as the others have at most
DEFAULT = ("lstm", "cnn")
VARIANTS = [
    DEFAULT,
    *((name, "cnn") for name in ("lstm_attention", "transformer", "transformer_causal", "tcn", "none")),
    *(("lstm", name) for name in ("attention", "cnn_attention", "convlstm", "none")),
]
CODE: dict[str, tuple[Any, ...]] = {  # what each branch is made of, beside layers of Keras
    "lstm": (),
    "lstm_attention": (temporal.AttentiveLSTM,),
    "transformer": (temporal.PatchTransformer, attention.Block, attention.Attention, attention.in_order),
    "transformer_causal": (temporal.PatchTransformer, attention.Block, attention.Attention, attention.in_order),
    "tcn": (temporal.TemporalConvolutions, temporal.dilations),
    "cnn": (spatial.Convolutions,),
    "attention": (spatial.PlaceAttention, attention.PlaceEncoder, attention.Block, attention.Attention, attention.in_cells),
    "cnn_attention": (
        spatial.ConvolvedAttention,
        spatial.PlaceAttention,
        attention.PlaceEncoder,
        attention.Block,
        attention.Attention,
    ),
    "convlstm": (spatial.ConvolutionalLSTM,),
    "none": (),
}
SMALL: dict[str, dict[str, Any]] = {
    "data": {"start": "2006-06-01", "end": "2007-01-20", "exclude": [f"Z{zone:02}" for zone in range(5, 21)]},
    "task": {"sequence_length": 168},
    "model": {"units": 8},
    "backtest": {"last": "2007-01-14 00:00", "not_scored": []},
    "tune": {"validation_days": 14},
}


def main() -> None:
    """Train what is missing, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=SETS, metavar="SET", help=f"of {', '.join(SETS)}")
    parser.add_argument("--variants", nargs="+", metavar="TEMPORAL+SPATIAL", help="such as `tcn+cnn`; all by default")
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--results", type=Path, default=Path("runs/architectures"), help="folder of the scores")
    parser.add_argument("--small", action="store_true", help="four zones of gefcom2012 and a tiny network, to see that it works")
    asked = parser.parse_args()
    asked.results = asked.results / "small" if asked.small else asked.results
    variants = [variant for variant in VARIANTS if not asked.variants or "+".join(variant) in asked.variants]
    for name in ("gefcom2012",) if asked.small else asked.sets:
        run_set(name, variants, asked)
    page = report(asked.results)
    if asked.small:
        print(page)
    else:
        (HERE / "architectures.md").write_text(page, encoding="utf-8")


def run_set(name: str, variants: Iterable[tuple[str, str]], asked: argparse.Namespace) -> None:
    """Train and score the variants of a set that are missing, all with one seed before the next seed."""
    files = {
        (variant, seed): asked.results / f"{name}.{'+'.join(variant)}.{asked.epochs}.{seed}.json"
        for seed in range(asked.seeds)
        for variant in variants
    }
    missing = {key: file for key, file in files.items() if not file.exists()}
    if not missing:
        return
    config = configured(name, asked)
    validation = Validation(config, Listener())
    asked.results.mkdir(parents=True, exist_ok=True)
    for (variant, seed), file in missing.items():
        found = {"set": name, "variant": variant, "seed": seed, "epochs": asked.epochs, **scored(validation, config, variant, seed)}
        with replacing(file) as temporary:
            temporary.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
        print(f"{name} {'+'.join(variant)} seed {seed}: nMAE {found['nmae']:.3f} %, {found['seconds']:.0f} s")


def configured(name: str, asked: argparse.Namespace) -> RunConfig:
    """Return the configuration of a set, for so many epochs."""
    tables = read_config(HERE / "accuracy" / f"{name}.toml")
    changes: dict[str, Any] = {**(SMALL if asked.small else {}), "training": {"epochs": asked.epochs}}
    if name in SINCE:
        changes["data"] = {"start": SINCE[name]}
    return make_config({table: {**tables.get(table, {}), **changes.get(table, {})} for table in {*tables, *changes}})


def scored(validation: Validation, config: RunConfig, variant: tuple[str, str], seed: int) -> dict[str, Any]:
    """Return the errors on the validation days, the seconds of training, and the weights of a variant."""
    branches = dict(zip(("temporal", "spatial"), variant, strict=True))
    model = config.model.model_copy(update=branches)
    training = config.training.model_copy(update={"seed": seed})
    own = validation.prepared.config.model_copy(update={"model": model, "training": training})
    prepared = replace(validation.prepared, config=own, fitted=[])
    result = run_models(prepared, {HYBRID: prepared.hybrid()})
    network = prepared.fitted[0].fitted.networks[0]
    return {
        "nmae": score_of(result, prepared, "nmae"),
        "pinball": score_of(result, prepared, "pinball"),
        "seconds": result.seconds[HYBRID].training,
        "parameters": sum(int(np.prod(weight.shape)) for weight in network.trainable_weights),
        "places": len(prepared.panel.locations),
        "days": own.task.test_days,
        "since": str(prepared.panel.times[0]),
        "before": str(validation.before),
    }


def report(results: Path) -> str:
    """Return the page of all that is there."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(results.glob("*.json"))]
    parts = [
        "# Which branches\n",
        "`python benchmarks/architectures.py --epochs 12` makes this page (with `../shared/data`): the hybrid with each branch,",
        "errors on the last days **before** the test period of `benchmarks/accuracy/`, of which nothing was read; the median",
        "over the seeds, with their range (`--variants lstm+cnn tcn+cnn none+cnn --seeds 3` added some). Errors are the mean",
        "over places of MAE and pinball loss by the mean reading of the place. Lines are those of code that a branch needs",
        "beside layers of Keras, without blank lines and docstrings; attention is shared by several. Seconds of training are of",
        "a machine with other work, and may be off by a half or more.\n",
    ]
    groups = sorted({(each["set"], each["epochs"]) for each in found})
    return "\n".join([*parts, *(section([each for each in found if (each["set"], each["epochs"]) == group]) for group in groups)])


def section(found: list[dict[str, Any]]) -> str:
    """Return the table of a set, the best variant first."""
    first = found[0]
    groups = {variant: [each for each in found if tuple(each["variant"]) == variant] for variant in VARIANTS}
    lines = [
        f"## {first['set']}\n",
        f"{first['places']} places, {first['days']} days before {first['before'][:10]} with history since {first['since'][:10]}, "
        f"{first['epochs']} epochs.\n",
        "| temporal | spatial | seeds | nMAE [%] | pinball [%] | training [s] | parameters | lines |",
        "|---|---|---|---|---|---|---|---|",
    ]
    rows = sorted((statistics.median(each["nmae"] for each in group), variant) for variant, group in groups.items() if group)
    for _, variant in rows:
        group = groups[variant]
        code = {each for name in variant for each in CODE[name]}
        errors = [shown([each[key] for each in group], digits) for key, digits in (("nmae", 3), ("pinball", 3), ("seconds", 0))]
        cells = [str(len(group)), *errors, f"{group[0]['parameters']:,}", str(sum(map(lines_of, code)))]
        names = [f"**{name}**" if variant == DEFAULT else name for name in variant]
        lines.append(f"| {' | '.join([*names, *cells])} |")
    return "\n".join([*lines, ""])


def lines_of(thing: Any) -> int:
    """Return the lines of code of a class or a function, without blank ones and docstrings."""
    source = inspect.getsource(thing)
    told = sum(1 for line in source.splitlines() if line.strip())
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node, clean=False) is not None:
            text = source.splitlines()[node.body[0].lineno - 1 : node.body[0].end_lineno]
            told -= sum(1 for line in text if line.strip())
    return told


def shown(values: list[float], digits: int) -> str:
    """Return the median, with the range where there are several."""
    middle = f"{statistics.median(values):.{digits}f}"
    return middle if len(values) == 1 else f"{middle} ({min(values):.{digits}f}..{max(values):.{digits}f})"


if __name__ == "__main__":
    main()
