"""The shipped data folder: where it is, which cases, scenarios and sweeps it holds."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from optimizer.errors import UsageError
from optimizer.labels import Text

NATIONAL_CASE: Final = "national-2026"
"""Name of the case that the pack itself is."""


@cache
def data_folder() -> Path:
    """Return the shipped ``data`` folder.

    An installed wheel carries it inside the package; a checkout has it beside the package.

    Raises
    ------
    UsageError
        If neither is there.
    """
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "_data", package.parent / "data"):
        if (folder / "case.yaml").is_file():
            return folder
    raise UsageError(
        Text(
            "the data pack is missing beside {package}; install eastwest again",
            "在 {package} 旁未找到数据包，请重新安装 eastwest",
        ).filled(package=package)
    )


def shipped_cases() -> dict[str, Path]:
    """Return the folders of the shipped cases by name, the national case first."""
    folder = data_folder()
    cases = {NATIONAL_CASE: folder}
    cases.update(
        {path.parent.name: path.parent for path in sorted(folder.glob("cases/*/case.yaml"))}
    )
    return cases


def shipped_scenarios() -> dict[str, Path]:
    """Return the shipped scenario files by name."""
    return {path.stem: path for path in sorted((data_folder() / "scenarios").glob("*.yaml"))}


def claims_file() -> Path:
    """Return the shipped claims."""
    return data_folder() / "claims.yaml"


def shipped_sweeps() -> dict[str, Path]:
    """Return the shipped sweep files by name."""
    return {path.stem: path for path in sorted((data_folder() / "sweeps").glob("*.yaml"))}


def basemap_file() -> Path:
    """Return the shipped boundaries (GeoJSON)."""
    return data_folder() / "basemap" / "china.geojson"


def font_file() -> Path:
    """Return the shipped Chinese font."""
    return data_folder() / "basemap" / "NotoSansSC-subset.otf"
