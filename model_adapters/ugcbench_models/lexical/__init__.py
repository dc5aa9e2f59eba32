"""Which judge needs no network and no key, and how far is it off?

`Lexical` compares words. For captions its levels come from a linear model that was fitted to
recorded verdicts of an LLM judge: `features` says what is measured, `levels` what follows from it,
`coefficients.json` holds the numbers and where they come from, and `calibration.json` how well they
do on systems and videos that they were not fitted to. Nothing here replaces an LLM judge.
"""

from __future__ import annotations

from ugcbench_models.lexical.judge import Lexical

__all__ = ["Lexical"]
