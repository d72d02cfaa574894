"""The season is drawn once for all tests of the works."""

import pytest
from tests.works import ledgers


@pytest.fixture(scope="session")
def season():
    return ledgers.season()


@pytest.fixture(scope="session")
def season_frames(season):
    return ledgers.frames(*season)
