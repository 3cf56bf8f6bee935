"""The nine functions on the plainest layout: a sample is one place at one issue time, and all share one static map.

python examples/plain_samples.py --days 60 --places 10 --epochs 3 --out runs/plain
"""

from __future__ import annotations

import argparse
from pathlib import Path

import gridcast as gc


def main() -> None:
    """Train on a small world and write the figure and the predictions."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--places", type=int, default=10)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path("runs/plain"))
    options = parser.parse_args()

    spatial = gc.generate_synthetic_spatial_data(options.places)
    temporal = gc.generate_synthetic_temporal_data(options.days, locations=spatial)
    sequences = gc.preprocess_temporal_data(temporal, 48, horizon=6, stride=6)
    train, test = sequences.split(sequences.times[int(0.8 * len(sequences))])
    frame = gc.preprocess_spatial_data(spatial, (6, 8))  # no time: one static frame

    model = gc.create_hybrid_model(train.X.shape[1:], frame.frame_shape, horizon=6, season=24, units=16)
    history = gc.train_model(model, train.X, frame, train.y, options.epochs, 32, verbose=0)
    y_pred = gc.predict(model, test.X, frame)

    gc.plot_results(history, test.y, y_pred, unit="MW", path=options.out / "results.png")
    table = gc.save_predictions(test.y, y_pred, options.out / "predictions.csv")
    print(f"RMSE {gc.rmse(table['actual'], table['predicted']):.3f} MW over {len(table):,} hours; see {options.out}/")


if __name__ == "__main__":
    main()
