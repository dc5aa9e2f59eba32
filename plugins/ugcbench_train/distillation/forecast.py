"""What will a distillation take, before anything is sent?"""

from __future__ import annotations

import tabulate

from ugcbench.estimates import estimate
from ugcbench.requests import Request, name_of
from ugcbench.types import Frozen, Usage
from ugcbench_train.distillation.gathering import Gathered

CAPTION_TOKENS = 350
"""Of a caption. The 2,073 official ones have 1,382 characters in the mean, four to a token."""


class Forecast(Frozen):
    """What is left to ask, and what it would take; `cost_usd` is None without a price.

    Tokens are estimated as by `ugcbench run --estimate`, captions with `CAPTION_TOKENS` each; what
    a teacher thinks, and bills, is in no figure.
    """

    clips: int
    left_out: int
    unreadable: int
    answered: int
    requests: int
    input_tokens: int
    output_tokens: int
    minutes: float
    cost_usd: float | None

    def table(self) -> str:
        """The figures as text."""
        dollars = "no price known" if self.cost_usd is None else f"about {self.cost_usd:.2f} USD"
        rows = [
            ("clips named", self.clips),
            ("left out before asking", self.left_out),
            ("can't be opened", self.unreadable),
            ("answered already", self.answered),
            ("requests to the teacher", self.requests),
            ("tokens to the teacher", f"about {self.input_tokens:,}"),
            ("tokens from the teacher", f"about {self.output_tokens:,}, its thoughts not counted"),
            ("time", f"about {self.minutes:.1f} min"),
            ("money", dollars),
        ]
        return str(tabulate.tabulate(rows, tablefmt="plain"))


def forecast(request: Request, gathered: Gathered, seconds_per_request: float) -> Forecast:
    """Estimate a request about the gathered clips; nothing is sent or kept."""
    found = estimate(request, seconds_per_request)
    written = found.requests * CAPTION_TOKENS
    price = request.prices.get(name_of(request.model))
    usage = Usage(input_tokens=found.input_tokens, output_tokens=written)
    return Forecast(
        clips=len(gathered.clips) + len(gathered.left_out),
        left_out=len(gathered.left_out),
        unreadable=found.unreadable_clips,
        answered=len(gathered.clips) - found.requests,
        requests=found.requests,
        input_tokens=found.input_tokens,
        output_tokens=written,
        minutes=found.minutes,
        cost_usd=price.cost(usage) if price else None,
    )
