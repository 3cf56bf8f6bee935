"""The routes of the service, and how they are described."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse
from fastapi.security import HTTPBearer
from pydantic import AwareDatetime, BaseModel
from starlette.exceptions import HTTPException

from gridcast.clock import describe_freq
from gridcast.errors import GridcastError
from gridcast.service.answers import KINDS, Answer, Kind, kind_of
from gridcast.service.asked import Asked, Level, Name
from gridcast.service.door import Door, Limits
from gridcast.service.forecasts import Forecasts
from gridcast.service.keys import Keys
from gridcast.service.refusals import Refusal, on_error
from gridcast.service.refused import Refused

STATUSES = {
    400: "It can't be read.",
    401: "No key, or a wrong one.",
    404: "There is no source of readings.",
    406: "This kind of answer is not made.",
    408: "It came too slowly.",
    413: "It is too large.",
    422: "Something in it is wrong.",
    429: "There were too many.",
}
REFUSED: dict[int | str, dict[str, Any]] = {status: {"model": Refusal, "description": text} for status, text in STATUSES.items()}
MADE: dict[int | str, dict[str, Any]] = {
    **REFUSED,
    200: {"model": Answer, "description": "The forecast.", "content": {kind: {} for kind in KINDS[1:]}},
    503: {"model": Refusal, "description": "The source can't be read now."},
}

SCHEMAS = "#/components/schemas/"
SENT = {"requestBody": {"required": True, "content": {"application/json": {"schema": {"$ref": f"{SCHEMAS}{Asked.__name__}"}}}}}

Accept = Annotated[str, Header(description=f"Kind of the answer: {', '.join(KINDS)}.")]
Locations = Annotated[
    list[Name] | None, Query(alias="location", description="Of which places; by default of all.", max_length=1000)
]
Quantiles = Annotated[list[Level] | None, Query(alias="quantile", description="Which quantiles; by default all.", max_length=99)]
IssueTime = Annotated[
    AwareDatetime | None,
    Query(description="When the forecast is issued; by default after the newest reading.", examples=["2024-01-31T00:00:00Z"]),
]


class Health(BaseModel):
    """How the service is."""

    status: str
    model: str
    source: str


class PlaceKnown(BaseModel):
    """A place that the model has learned."""

    name: str
    latitude: float | None
    longitude: float | None


class Card(BaseModel):
    """What the model is, what it was trained on, how well it did, and what it is not good for."""

    version: str
    unit: str
    step: str
    horizon: int
    gap: int
    levels: list[float]
    context: int
    weather: list[str]
    places: int
    run: dict[str, Any]
    scores: dict[str, Any] | None
    limits: list[str]


async def sent_with(request: Request) -> bytes:
    """Return what was sent, as it is."""
    return await request.body()


Sent = Annotated[bytes, Depends(sent_with)]


def make_app(forecasts: Forecasts, *, keys: Keys | None, limits: Limits | None = None) -> FastAPI:
    """Return the application.

    Args:
        forecasts: What is served.
        keys: Who may ask; None for anybody.
        limits: Of requests.
    """
    description = "Forecasts of energy consumption for many places: the point and the quantiles of each place and step."
    app = FastAPI(title="gridcast", version=version("gridcast"), description=description, docs_url=None, redoc_url=None)
    app.router.redirect_slashes = False
    for kind in (RequestValidationError, HTTPException, GridcastError, Refused):
        app.add_exception_handler(kind, on_error)
    secured = [] if keys is None else [Depends(HTTPBearer(auto_error=False, description="An API key."))]
    _add_forecasts(app, forecasts, secured)
    _add_model(app, forecasts, secured)
    _add_health(app, forecasts)
    _describe(app)
    app.add_middleware(Door, keys=keys, limits=limits or Limits(), measures=forecasts.measures)
    return app


def _add_forecasts(app: FastAPI, forecasts: Forecasts, secured: list[Any]) -> None:
    """Add the routes of forecasts."""

    @app.post("/forecast", responses=MADE, dependencies=secured, response_class=Response, openapi_extra=SENT)
    def forecast_of_what_is_sent(sent: Sent, accept: Accept = "*/*") -> Response:
        """Forecast from recent load and weather that are sent along."""
        kind = kind_of(accept)
        return written_as(kind, forecasts.of_sent(sent, kind))

    @app.get("/forecast", responses=MADE, dependencies=secured, response_class=Response)
    def forecast_of_the_source(
        accept: Accept = "*/*", issue_time: IssueTime = None, location: Locations = None, quantile: Quantiles = None
    ) -> Response:
        """Forecast from the configured source, at any issue time that it covers."""
        kind = kind_of(accept)
        return written_as(kind, forecasts.of_source(kind, issue_time, location, quantile))

    @app.get("/forecast/latest", responses=MADE, dependencies=secured, response_class=Response)
    def latest_forecast(accept: Accept = "*/*", location: Locations = None, quantile: Quantiles = None) -> Response:
        """Return the forecast issued after the newest reading of the configured source."""
        kind = kind_of(accept)
        return written_as(kind, forecasts.of_source(kind, None, location, quantile))


def _add_model(app: FastAPI, forecasts: Forecasts, secured: list[Any]) -> None:
    """Add the routes that tell of the model."""

    @app.get("/locations", responses=REFUSED, dependencies=secured)
    def locations() -> list[PlaceKnown]:
        """List the places that the model has learned."""
        places: dict[str, dict[str, Any]] = forecasts.shelf.model.card["places"]
        return [PlaceKnown(name=name, latitude=p.get("latitude"), longitude=p.get("longitude")) for name, p in places.items()]

    @app.get("/model", responses=REFUSED, dependencies=secured)
    def model() -> Card:
        """Tell what the model was trained on, how well it did, and what it is not good for."""
        return card_of(forecasts)

    @app.get("/metrics", responses=REFUSED, dependencies=secured, response_class=PlainTextResponse)
    def metrics() -> PlainTextResponse:
        """Tell what was counted, for Prometheus."""
        return PlainTextResponse(forecasts.measures.text(), media_type="text/plain; version=0.0.4; charset=utf-8")


def _add_health(app: FastAPI, forecasts: Forecasts) -> None:
    """Add the routes that tell how the service is; they need no key."""

    @app.get("/health/live")
    def live() -> dict[str, str]:
        """Tell that the process answers."""
        return {"status": "live"}

    @app.get("/health/ready")
    def ready() -> Health:
        """Tell that there is a model, and how the source is."""
        return Health(status="ready", model=forecasts.shelf.model.version, source=forecasts.source.state)


def _describe(app: FastAPI) -> None:
    """Describe what is sent, which is read where the forecast is made."""
    usual = app.openapi

    def described() -> dict[str, Any]:
        found = usual()
        schema = Asked.model_json_schema(ref_template=f"{SCHEMAS}{{model}}")
        found["components"]["schemas"] |= {**schema.pop("$defs", {}), Asked.__name__: schema}
        return found

    app.openapi = described  # type: ignore[method-assign]


def written_as(kind: Kind, content: bytes) -> Response:
    """Return an answer of a kind."""
    return Response(content, media_type=kind, headers={"Vary": "Accept"})


def card_of(forecasts: Forecasts) -> Card:
    """Return the card of the model that is served now."""
    model = forecasts.shelf.model
    recipe, card = model.fitted.recipe, model.card
    hour = card.get("issue_hour")
    limits = [
        f"it looks back {recipe.reach} steps; with less it still answers, worse",
        "a place that it has not learned is forecast by its likeness to others",
        "it reads weather, and says `no weather` where there is none" if recipe.covariates.names else "it reads no weather",
        "a forecast of load that is sent along is not corrected by what earlier ones missed; one of the source is",
        "it was trained for any hour" if hour is None else f"it was trained for forecasts issued at {hour:02}:00",
    ]
    return Card(
        version=model.version,
        unit=model.fitted.unit,
        step=describe_freq(recipe.freq),
        horizon=model.horizon - model.gap,
        gap=model.gap,
        levels=list(model.levels),
        context=recipe.context,
        weather=list(card["variables"]),
        places=len(card["places"]),
        run=dict(card["run"]),
        scores=card["scores"],
        limits=limits,
    )
