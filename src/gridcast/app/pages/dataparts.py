"""Parts of the page of data: what was recognised, with controls to correct it; what is wrong, with pictures; the map."""

from __future__ import annotations

import zoneinfo
from typing import Any

import numpy as np
import streamlit as st

from gridcast.app.asking import guarded
from gridcast.app.curves import daily_figure
from gridcast.app.mapfigure import Shade, map_figure
from gridcast.app.pages.shown import page_colours, show_figure, show_picture
from gridcast.app.pages.source import choose, recognised
from gridcast.app.places import places_of_panel
from gridcast.app.reading import OF_PLACES, OF_READINGS, Recognised, columns_of, corrected, in_a_sentence, kind_title, title_of
from gridcast.app.taken import as_png
from gridcast.config import RunConfig
from gridcast.quality import Finding
from gridcast.views import style
from gridcast.views.checkpage import check_page, picture, worst

AS_RECOGNISED = "(as recognised)"
FIRST_ZONES = ("UTC", "local")
LABELS = {
    "time_column": "Column of the time",
    "location_column": "Column of the place (long table)",
    "consumption_column": "Column of the consumption (long table)",
    "id_column": "Column of the place's name",
    "latitude_column": "Column of the latitude",
    "longitude_column": "Column of the longitude",
}
STAMPS = {"start": "the start of their interval", "end": "its end"}
PICTURED = 24  # findings one can choose from


def show_recognised(config: RunConfig) -> None:
    """Show what was recognised, and controls to correct it; these are there as well where nothing could be read."""
    is_read = False
    with guarded():
        found = recognised(config)
        is_read = True
        for column, (name, value) in zip(st.columns(6), found.facts.items(), strict=True):
            column.metric(name, value)
        for doubt in found.warnings:
            st.warning(doubt, icon=":material/help:")
        total = f"All {len(found.panel.locations)} places together, mean of each day" + (
            f" [{found.panel.unit}]." if found.panel.unit else "."
        )
        show_figure(daily_figure(found.daily, found.panel.unit, page_colours()), total, key="data-daily")
        with st.expander("What was recognised, in words", icon=":material/notes:"):
            st.markdown("\n".join(f"- {sentence}" for sentence in found.said).replace("$", r"\$"))
    if not config.is_synthetic:
        with st.expander("Is something wrong? Correct it and read again", not is_read, icon=":material/edit:"), guarded():
            _correct(config)


def _correct(config: RunConfig) -> None:
    """Ask for what the files do not tell, or tell wrongly, and read again."""
    zones = [*FIRST_ZONES, *sorted(zoneinfo.available_timezones() - set(FIRST_ZONES))]
    with st.form("correct", border=False):
        zone, unit, stamps = st.columns(3)
        changes: dict[str, Any] = {
            "timezone": zone.selectbox(
                "Time zone of stamps without an offset", zones, index=_place_in(zones, config.data.timezone), key="correct-zone",
                help="`local`: labels are kept as they are, where every day of the file has 24 hours.",
            ),
            "unit": unit.text_input("Unit of the readings", config.data.unit, placeholder="such as MW", key="correct-unit") or None,
            "stamps": stamps.selectbox(
                "Stamps label", list(STAMPS), index=_place_in(list(STAMPS), config.data.stamps), format_func=STAMPS.__getitem__,
                key="correct-stamps",
            ),
        }  # fmt: skip
        for address, roles in ((config.data.temporal, OF_READINGS), (config.data.spatial, OF_PLACES)):
            changes |= _ask_columns(config, columns_of(address), roles)
        changes["common_only"] = st.checkbox(
            "Go on with the places that are in both files", config.data.common_only, key="correct-common"
        )
        if st.form_submit_button("Read again", type="primary"):
            choose(corrected(config, changes))
            st.rerun()


def _ask_columns(config: RunConfig, header: tuple[str, ...], roles: tuple[str, ...]) -> dict[str, str | None]:
    """Ask which column of a file is which."""
    if not header:
        return {}
    choices = [AS_RECOGNISED, *header]
    chosen: dict[str, str | None] = {}
    for column, role in zip(st.columns(3), roles, strict=True):
        now = _place_in(choices, getattr(config.data, role))
        name = column.selectbox(LABELS[role], choices, index=now, key=f"correct-{role}")
        chosen[role] = None if name == AS_RECOGNISED else name
    return chosen


def _place_in(choices: list[str], name: str) -> int:
    return choices.index(name) if name in choices else 0


def show_quality(config: RunConfig, found: Recognised) -> None:
    """Show the verdict, the findings with pictures, and what to do about them."""
    report = found.report
    (st.success if report.advisable else st.error)(in_a_sentence(report))
    if not report.findings:
        return
    columns: dict[str, Any] = {
        "what": "What",
        "places": "Places",
        "readings": "Readings",
        "most": st.column_config.TextColumn("Most", width="large"),
    }
    st.dataframe(found.findings, hide_index=True, column_config=columns, alt="What was found, by kind, the worst first.")
    _repair(config)
    chosen = worst(report.findings)[:PICTURED]
    number = st.selectbox("Picture of", range(len(chosen)), format_func=lambda i: _label(chosen[i]), key="data-finding")
    finding = chosen[number]
    show_picture(_picture(found, finding), f"{finding.sentence} Orange marks are readings that can't be right; white is missing.")
    st.download_button(
        "Download all findings as a page",
        data=lambda: check_page(found.panel, report, title=title_of(config), said=found.said).encode(),
        file_name="check.html",
        mime="text/html",
        icon=":material/download:",
        on_click="ignore",
    )


def _repair(config: RunConfig) -> None:
    """Offer the repairs, which are made in training only and never in what is scored."""
    left, right = st.columns(2)
    mask = left.toggle("Treat readings that can't be right as missing", config.data.outliers == "mask", key="repair-mask")
    fill = right.toggle("Fill gaps (never in what is scored)", config.data.fill == "gaps", key="repair-fill")
    wanted = corrected(config, {"outliers": "mask" if mask else "keep", "fill": "gaps" if fill else "none"})
    if wanted != config:
        choose(wanted)


def _label(finding: Finding) -> str:
    return f"{finding.location}: {kind_title(finding.kind)}, {finding.count:,}"


def _picture(found: Recognised, finding: Finding) -> bytes:
    return as_png(picture(found.panel, found.report, finding))


def show_map(found: Recognised) -> None:
    """Show the places with their mean consumption."""
    panel, means = found.panel, found.means
    places = places_of_panel(panel)
    mean = means.set_index("place")["mean"].reindex(list(places.names)).to_numpy(np.float64)
    unit = f" [{panel.unit}]" if panel.unit else ""
    shade = Shade(mean, f"mean consumption{unit}", [f"{style.number(value)} {panel.unit}" for value in mean])
    left, right = st.columns([1.7, 1], gap="medium")
    with left:
        first = means.iloc[0]
        text = (
            f"{len(places.names)} places by their mean consumption{unit}; most at {first['place']}: {style.number(first['mean'])}."
        )
        show_figure(map_figure(places, shade, page_colours(), sizes=mean), f"{text} {places.note}".strip(), key="data-map")
    with right:
        columns: dict[str, Any] = {
            "place": "Place",
            "mean": st.column_config.NumberColumn(f"Mean{unit}", format="%.4g"),
            "missing": st.column_config.NumberColumn("Missing", format="%.1f %%"),
            "findings": "Findings",
        }
        st.dataframe(means, hide_index=True, height=400, column_config=columns, alt="Each place with its mean consumption.")
