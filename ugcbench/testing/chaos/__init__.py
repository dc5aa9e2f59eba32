"""Does a run survive what happens to runs, and is nothing lost or done twice?

    with Rig(folder) as rig:
        outcome = undergo(rig, FAULTS["killed while it asks"], seed=0)
    assert outcome.harmless

A `Rig` is a small benchmark whose model and judge are real servers on this machine; the runs are
those of the command line, in processes of their own. `Rig(options=...)` puts your own executor,
tasks or options under the same faults. Needs `pip install 'ugcbench[openai]'`, on Linux.
"""

from __future__ import annotations

from ugcbench.testing.chaos.catalogue import FAULTS, Disturbance, undergo
from ugcbench.testing.chaos.outcomes import Outcome
from ugcbench.testing.chaos.rigs import Rig
from ugcbench.testing.chaos.trials import Trial
from ugcbench.testing.chaos.wires import Wire

__all__ = ["FAULTS", "Disturbance", "Outcome", "Rig", "Trial", "Wire", "undergo"]
