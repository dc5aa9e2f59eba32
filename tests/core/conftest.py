import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import toy

from ugcbench import Registry


@pytest.fixture
def registry():
    return Registry({"toy": toy.Plugin()}, installed=False)
