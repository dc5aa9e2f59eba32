import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import neighbour_files


@pytest.fixture(scope="session")
def daily_omni(tmp_path_factory):
    """A folder in the layout of Daily-Omni: seven questions about six clips."""
    return neighbour_files.write_daily_omni(tmp_path_factory.mktemp("daily-omni"))


@pytest.fixture(scope="session")
def event_files(tmp_path_factory):
    """A folder as that of the event test set: twelve events in three clips."""
    return neighbour_files.write_events(tmp_path_factory.mktemp("video-salmonn2"))
