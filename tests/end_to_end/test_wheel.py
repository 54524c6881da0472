"""The wheel carries the pack: installed elsewhere, it plans from an empty folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel."""
    target = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        ["uv", "build", "--wheel", "--out-dir", str(target), str(ROOT)],
        check=True,
        capture_output=True,
    )
    (found,) = target.glob("*.whl")
    return found


def test_wheel_holds_the_pack_and_nothing_of_the_tests(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for needed in ("case.yaml", "sites.csv", "basemap/china.geojson", "cases/tiny/case.yaml"):
        assert f"optimizer/_data/{needed}" in names
    assert not [name for name in names if name.startswith("tests/")]
    assert not [name for name in names if name.endswith(".pyc")]


def test_installed_wheel_plans_from_an_empty_folder(wheel: Path, tmp_path: Path) -> None:
    # The libraries are those of this environment; the package itself comes from the wheel.
    place = tmp_path / "installed"
    zipfile.ZipFile(wheel).extractall(place)
    empty = tmp_path / "empty"
    empty.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(place), "LC_ALL": "C.UTF-8"}
    code = "import optimizer, sys; sys.stdout.write(optimizer.__file__)"
    origin = subprocess.run(
        [sys.executable, "-c", code],
        cwd=empty,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert origin.startswith(str(place))

    def eastwest(*arguments: str) -> str:
        return subprocess.run(
            [sys.executable, "-m", "optimizer", *arguments],
            cwd=empty,
            env=environment,
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    assert json.loads(eastwest("plan", "tiny", "--json"))["verified"] is True
    assert json.loads(eastwest("check", "--json"))["tables"]["sites"] == 41
