"""The season is drawn once for all tests of the works."""

import pytest
from tests.works import ledgers


@pytest.fixture(scope="session")
def season():
    return ledgers.season()


@pytest.fixture(scope="session")
def season_frames(season):
    return ledgers.frames(*season)


@pytest.fixture(scope="session", autouse=True)
def english():
    """Messages are matched in English, whatever the machine speaks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FRINGE_LANG", "en")
        yield
