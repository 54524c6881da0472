"""Folders and files of results: nothing is replaced unasked, a study is written whole or not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from optimizer.errors import UsageError
from optimizer.labels import Text
from optimizer.plan.store import written_whole


def refuse_existing_study(folder: Path, mark: str, *, replace: bool) -> None:
    """Raise if a folder exists that is another thing or may not be replaced.

    Parameters
    ----------
    folder
        Where the study goes.
    mark
        The file that every folder of this kind of study holds.
    replace
        Whether an earlier study may be replaced.

    Raises
    ------
    UsageError
        Saying how to go on.
    """
    if not folder.exists():
        return
    if not (folder / mark).is_file():
        raise UsageError(
            Text(
                "{folder} exists and holds no {mark}; choose another folder with --out",
                "{folder} 已存在且不含 {mark}；请用 --out 另选文件夹",
            ).filled(folder=folder, mark=mark)
        )
    if not replace:
        raise UsageError(
            Text(
                "{folder} already holds {mark}; add --force to replace it, or choose another "
                "folder with --out",
                "{folder} 中已有 {mark}；如需替换请加 --force，或用 --out 另选文件夹",
            ).filled(folder=folder, mark=mark)
        )


def refuse_existing_files(paths: Sequence[Path], *, replace: bool) -> None:
    """Raise if one of some files is there and may not be replaced.

    Raises
    ------
    UsageError
        Naming them all.
    """
    there = [str(path) for path in paths if path.exists()]
    if there and not replace:
        raise UsageError(
            Text(
                "{paths} exists already; choose another folder with --out, or --force to replace "
                "it",
                "{paths} 已存在；请用 --out 指定其他文件夹，或用 --force 替换",
            ).filled(paths=", ".join(there))
        )


@contextmanager
def written_study(folder: Path, mark: str, *, replace: bool) -> Iterator[Path]:
    """Give a temporary folder that takes its name once everything in it is written.

    Parameters
    ----------
    folder, mark, replace
        As in :func:`refuse_existing_study`.

    Yields
    ------
    pathlib.Path
        Folder to write into.

    Raises
    ------
    UsageError
        If the folder exists and may not be replaced.
    OutputError
        If the disk refuses.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as place:
    ...     with written_study(Path(place) / "front", "points.csv", replace=False) as partial:
    ...         _ = (partial / "points.csv").write_text("point")
    ...     (Path(place) / "front" / "points.csv").read_text()
    'point'
    """
    refuse_existing_study(folder, mark, replace=replace)
    with written_whole(folder) as partial:
        yield partial
