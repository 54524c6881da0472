"""Static maps of runs as files: PNG, SVG and PDF."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

from optimizer.errors import OutputError, UsageError
from optimizer.labels import LANGUAGES, Language, Text
from optimizer.plan.plan import last_period
from optimizer.plan.run import Run
from optimizer.report.alternatives_map import alternatives_map_content
from optimizer.report.basemap import load_basemap
from optimizer.report.difference_map import difference_map_content
from optimizer.report.map_content import Layer, MapContent
from optimizer.report.map_pictures import UNDATED, draw_plan_map
from optimizer.report.plan_map import LAYERS, plan_map_content
from optimizer.report.study_folder import refuse_existing_files
from optimizer.tables.pack import basemap_file, font_file

MapKind = Literal["plan", "difference", "alternatives"]

STEMS: Final[dict[MapKind, str]] = {
    "plan": "map",
    "difference": "map_difference",
    "alternatives": "map_alternatives",
}
"""How the files begin; the layer and the language follow."""


def write_maps(
    runs: Sequence[Run],
    folder: Path,
    *,
    kind: MapKind = "plan",
    layer: str = "price",
    formats: Sequence[str] = ("png",),
    languages: Sequence[Language] = LANGUAGES,
    basemap: Path | None = None,
    replace: bool = False,
) -> list[Path]:
    """Draw the map of a run, or of the difference of two, in some formats.

    Parameters
    ----------
    runs
        One run; two for a difference.
    folder
        Where the files go; made if it is missing.
    kind
        What to draw.
    layer
        What colours the provinces: ``price``, ``green_share`` or ``carbon``.
    formats
        Some of ``png``, ``svg`` and ``pdf``.
    languages
        One file for each.
    basemap
        GeoJSON of other boundaries than the shipped ones.
    replace
        Whether maps that are there may be replaced.

    Returns
    -------
    list of Path
        The files ``<kind>_<layer>_<language>.<format>``.

    Raises
    ------
    UsageError
        If a format or layer is unknown, a map is there already, or the runs lack its data.
    OutputError
        If the disk refuses.
    """
    wanted = list(dict.fromkeys(formats))
    unknown = [name for name in wanted if name not in UNDATED]
    if unknown or not wanted:
        raise UsageError(
            Text(
                "unknown format {names}; known are {known}", "未知格式 {names}；可用：{known}"
            ).filled(names=", ".join(unknown) or '""', known=", ".join(UNDATED))
        )
    content = _content(runs, kind, _layer(layer))
    targets = [
        (folder / f"{STEMS[kind]}_{layer}_{language}.{name}", language)
        for name in wanted
        for language in languages
    ]
    refuse_existing_files([path for path, _ in targets], replace=replace)
    boundaries = load_basemap(basemap, basemap_file())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, language in targets:
            draw_plan_map(content, boundaries, font_file(), path, language)
    except OSError as error:
        raise OutputError(
            Text(
                "cannot write the map to {folder} ({reason}); choose another place with --out",
                "无法将地图写入 {folder}（{reason}）；请用 --out 指定其他位置",
            ).filled(folder=folder, reason=error.strerror or str(error))
        ) from error
    return [path for path, _ in targets]


def _layer(name: str) -> Layer:
    for layer in LAYERS:
        if layer == name:
            return layer
    raise UsageError(
        Text("unknown layer {name}; known are {known}", "未知图层 {name}；可用：{known}").filled(
            name=name, known=", ".join(LAYERS)
        )
    )


def _content(runs: Sequence[Run], kind: MapKind, layer: Layer) -> MapContent:
    if kind == "difference":
        first, second = runs
        return difference_map_content(first, second, layer)
    (run,) = runs
    if kind == "alternatives":
        return alternatives_map_content(run, layer)
    return plan_map_content(*last_period(run.case, run.plan), layer)
