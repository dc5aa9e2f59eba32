"""How does a plan look as text?"""

from __future__ import annotations

from collections.abc import Iterator

import tabulate

from ugcbench_train.planning.memory import Memory
from ugcbench_train.planning.plans import StagePlan

Line = tuple[str, str]


def show_plan(plan: StagePlan) -> str:
    """The plan in lines of a name and what is to be said of it."""
    lines = [*_what(plan), *_tokens(plan), *_machine(plan), *_judging(plan)]
    return str(tabulate.tabulate(lines, tablefmt="plain"))


def _what(plan: StagePlan) -> Iterator[Line]:
    left_out = f"{plan.unreadable} clips can't be opened, {plan.too_long} rows are too long"
    yield "stage", plan.stage
    yield "checkpoint", plan.checkpoint
    yield "output", plan.output
    yield "rows", f"{plan.rows:,} of {plan.found:,} ({left_out})"
    yield "steps", f"{plan.steps:,} of {plan.rows_per_step} {_unit(plan)} each"


def _unit(plan: StagePlan) -> str:
    return "completions" if plan.stage == "grpo" else "rows"


def _tokens(plan: StagePlan) -> Iterator[Line]:
    tokens = plan.tokens
    yield "tokens of a clip", f"about {tokens.media:,}"
    yield "tokens of a prompt", f"about {tokens.prompt:,}, the longest {tokens.longest_prompt:,}"
    yield "tokens of a caption", f"about {tokens.caption:,}, at most {tokens.longest_caption:,}"
    yield "tokens in all", f"about {tokens.total:,}"


def _machine(plan: StagePlan) -> Iterator[Line]:
    yield "processes", f"{plan.processes} ({plan.strategy})"
    if plan.size is None or plan.memory is None or plan.trained is None or plan.hours is None:
        yield "memory", "unknown: neither the checkpoint's files are here nor is its name known"
        return
    parts = f"{plan.trained:,} of {plan.size.parameters:,}, by {plan.size.source}"
    yield "parameters trained", parts
    yield "memory of each GPU", f"about {plan.memory.total:.0f} GiB ({_parts(plan.memory)})"
    yield "time", f"about {_duration(plan.hours.total)} on {plan.processes} x H100 ({_share(plan)})"


def _parts(memory: Memory) -> str:
    amounts = memory.model_dump()
    return ", ".join(f"{name} {amount:.1f}" for name, amount in amounts.items() if amount)


def _duration(hours: float) -> str:
    return f"{hours:.1f} h" if hours >= 1 else f"{hours * 60:.0f} min"


def _share(plan: StagePlan) -> str:
    if plan.hours is None or not plan.hours.sampling:
        return "at 30 % of its peak, reading of clips aside"
    return f"of it {_duration(plan.hours.sampling)} to sample captions"


def _judging(plan: StagePlan) -> Iterator[Line]:
    verdicts = plan.verdicts
    if verdicts is None:
        return
    yield "verdicts", f"{verdicts.requests:,} of {verdicts.judge}"
    sent = f"about {verdicts.input_tokens:,} to it, {verdicts.output_tokens:,} from it"
    yield "tokens of verdicts", sent
    cost = verdicts.cost_usd
    yield "money", "no price known" if cost is None else f"about {cost:.2f} USD for verdicts"
