"""The forecast of what one sends: from the request to the bytes of its answer."""

from __future__ import annotations

import numpy as np
import orjson
from pydantic import ValidationError

from gridcast.errors import GridcastError
from gridcast.forecasters.exported import OnnxForecaster
from gridcast.service.answers import Kind, Made, written
from gridcast.service.asked import Asked, chosen, chosen_levels, panel_of
from gridcast.service.refused import problem_of


def answer_of_sent(model: OnnxForecaster, body: bytes, kind: Kind) -> tuple[bytes, int]:
    """Return the answer to a request with its own load, and of how many places the forecast is.

    Raises:
        GridcastError: If it can't be read, or does not fit the model.
    """
    asked = asked_of(body)
    locations = chosen(asked.locations, tuple(asked.load))
    levels = chosen_levels(asked.quantiles, model.levels)
    panel = panel_of(asked, model)
    told = model.tell(panel)
    quantiles = told.quantiles[0, :, model.gap :].astype(np.float32)
    made = Made(
        panel.locations,
        model.levels,
        panel.end,
        model.gap,
        panel.freq,
        panel.unit,
        panel.is_ex_post and told.weathered,
        quantiles[..., model.levels.index(0.5)],
        quantiles,
        tuple(told.quality[0].tolist()),
    )
    return written(made, kind, model=model.version, locations=locations, levels=levels), len(panel.locations)


def asked_of(body: bytes) -> Asked:
    """Return what is asked by JSON, which is read by the letter: no NaN, no Infinity.

    Raises:
        GridcastError: If it can't be read, or is not what one can ask.
    """
    try:
        return Asked.model_validate(orjson.loads(body))
    except orjson.JSONDecodeError as error:
        expected = "JSON by the letter: null for a missing reading, no NaN"
        raise GridcastError("the body is not JSON", found=str(error), expected=expected) from error
    except ValidationError as error:
        raise GridcastError.of([problem_of(each) for each in error.errors(include_url=False)]) from error
