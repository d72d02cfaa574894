"""Where the sample study is: beside the package when installed, in the project's folder in a checkout."""

from __future__ import annotations

from pathlib import Path

from fringe.errors import StudyError
from fringe.model.problem import Problem

_HERE = Path(__file__).resolve().parent


def sample() -> Path:
    """Return the path of the sample's ``study.toml``.

    Its place names are real, its geometry and figures are invented; see the README beside it.

    Raises
    ------
    StudyError
        If the installation came without it.

    Examples
    --------
    >>> sample().name
    'study.toml'
    """
    for folder in (_HERE / "_sample", *sorted((_HERE.parents[1] / "sample_data").glob("*/"))):
        if (folder / "study.toml").is_file():
            return folder / "study.toml"
    raise StudyError(Problem("sample_missing", "study.toml", params={"path": str(_HERE / "_sample")}))
