"""Does a model answer, and do pictures and sound reach it?"""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Iterator, Mapping
from pathlib import Path
from typing import Any

from ugcbench.asking import make_named
from ugcbench.doctor.checks import Check, Status
from ugcbench.doctor.evidence import Replies, Verdict, measure, weigh
from ugcbench.doctor.probes import PROBES, SECONDS, Probe
from ugcbench.errors import (
    FatalModelError,
    MissingExtraError,
    ModelTimeoutError,
    TransientModelError,
    UsageError,
)
from ugcbench.identity import names_same_model
from ugcbench.models import Purse, answer
from ugcbench.plugins import Registry, load_target
from ugcbench.requests import Request
from ugcbench.specs import Model, ModelSpec
from ugcbench.types import MediaProfile, Prediction, Prompt, Receipt, Sampling

ATTEMPTS = 2
REPLY = Sampling(max_tokens=256)
"""Room for models that think before they reply."""

STATUS: Mapping[Verdict, Status] = {
    "seen": "ok",
    "heard": "ok",
    "reached": "ok",
    "not proved": "warning",
    "did not arrive": "failed",
}


def find_model(name: str, registry: Registry) -> ModelSpec:
    """The spec of a model that can be probed; raises a `UsageError` if there is none."""
    spec = registry.model(name)
    if spec.needs:
        raise UsageError(f"{name} is made from a dataset's gold and can't be asked on its own")
    return spec


REMEDIES: Mapping[str, str] = {
    TransientModelError.__name__: "start the server, wait, or correct --option base_url=URL",
    ModelTimeoutError.__name__: "--timeout SECONDS for more patience",
}
"""What to type where an adapter can't know it, by the kind of failure."""


async def check_model(request: Request, registry: Registry) -> AsyncGenerator[Check, None]:
    """Ask the request's model something, then about the clips of each probe.

    Raises a `UsageError` for an unknown name, a wrong option, or a model that can't be asked.
    """
    spec = find_model(str(request.model), registry)
    try:
        model = make_named(spec, str(request.model), request, Purse())
    except MissingExtraError as error:
        fix = f"pip install '{spec.distribution}[{spec.extra}]'"
        yield _model("load", "failed", str(error), fix)
        return
    try:
        reply = await _ping(model)
        for check in _check_reply(reply, spec, request):
            yield check
        if not isinstance(reply, Exception) and not _is_away(reply):
            for probe in PROBES:
                yield await check_probe(model, probe, spec, request.options)
    finally:
        await model.close()


async def _ping(model: Model) -> Prediction | FatalModelError:
    """What the model replies to a text alone; loads the weights, if it has some."""
    prompt = Prompt(
        task="doctor/ping", sample_id="ping", text="Reply with the word: ready", sampling=REPLY
    )
    try:
        return await answer(model, prompt)
    except FatalModelError as error:
        return error


def _is_away(reply: Prediction) -> bool:
    """Whether nobody replied at all, so that asking on makes no sense."""
    return reply.failure is not None and reply.failure.kind in REMEDIES


def _check_reply(
    reply: Prediction | FatalModelError, spec: ModelSpec, request: Request
) -> Iterator[Check]:
    """Whether the model can be loaded or reached, and is the one that was asked."""
    if isinstance(reply, Exception):
        yield _model("reply", "failed", str(reply))
    elif _is_away(reply):
        yield _fail("reply", reply)
    elif reply.failure is not None:
        status: Status = "note" if reply.failure.status == "refused" else "warning"
        yield _model("reply", status, f"none without a clip: {reply.failure.message}")
    else:
        yield _model("reply", "ok", _describe_reply(reply))
        yield from _check_identity(reply, spec, str(request.model))


def _describe_reply(reply: Prediction) -> str:
    used = reply.usage
    counted = f", {used.input_tokens} tokens in, {used.output_tokens} out"
    tokens = counted if used.input_tokens is not None else ""
    who = reply.model or "the model"
    return f"{who} replied within {reply.seconds:.1f} s{tokens}: {_quote(reply.text or '')}"


def _check_identity(reply: Prediction, spec: ModelSpec, name: str) -> Iterator[Check]:
    asked = name.partition("/")[2] or str(spec.options.get("model", name))
    if spec.reports_model and reply.model and not names_same_model(asked, reply.model):
        found = f"{asked} was asked, but {reply.model} replied"
        yield _model("identity", "warning", found, "--model with the name that replied")


async def check_probe(
    model: Model, probe: Probe, spec: ModelSpec, options: Mapping[str, Any]
) -> Check:
    """Whether what a probe is about reaches the model, unless it claims not to take it."""
    off = f"option {probe.option}=false" if options.get(probe.option) is False else None
    if off or probe.name not in spec.media:
        why = off or f"{spec.name} claims to take no {probe.name}"
        return _model(probe.name, "note", f"not taken: {why}")
    try:
        replies = await _ask(model, probe)
    except FatalModelError as error:
        return _model(probe.name, "failed", str(error))
    broken = replies.first.failure
    if broken is not None and broken.status != "refused":
        return _fail(probe.name, replies.first)
    finding = weigh(probe, replies)
    check = _model(
        probe.name,
        STATUS[finding.verdict],
        f"{finding.verdict}: {finding.because}{_describe(probe, replies)}",
        _remedy(probe, spec) if finding.verdict == "did not arrive" else None,
    )
    return check.model_copy(update={"verdict": finding.verdict, "figures": measure(replies)})


def _remedy(probe: Probe, spec: ModelSpec) -> str:
    if probe.option in inspect.signature(load_target(spec)).parameters:
        return f"--option {probe.option}=false to go without, or another server"
    return f"another server, checkpoint or adapter: this one gets no {probe.name}"


def _model(name: str, status: Status, found: str, fix: str | None = None) -> Check:
    return Check(area="model", name=name, status=status, found=found, fix=fix)


def _fail(name: str, reply: Prediction) -> Check:
    """The check that failed with a reply that is none."""
    failure = reply.failure
    assert failure is not None
    return _model(name, "failed", failure.message, REMEDIES.get(failure.kind))


async def _ask(model: Model, probe: Probe) -> Replies:
    """The replies to a probe's variants, one after the other: a shared batch might change them."""
    return Replies(
        first=await _ask_about(model, probe, probe.first.clip),
        again=await _ask_about(model, probe, probe.first.clip),
        second=await _ask_about(model, probe, probe.second.clip),
        without=await _ask_about(model, probe, probe.without),
    )


async def _ask_about(model: Model, probe: Probe, clip: Path | None) -> Prediction:
    prompt = Prompt(
        task=f"doctor/{probe.name}",
        sample_id=clip.stem if clip else "none",
        text=probe.question,
        media=str(clip) if clip else None,
        profile=MediaProfile() if clip else None,
        sampling=REPLY,
    )
    return await answer(model, prompt)


def _describe(probe: Probe, replies: Replies) -> str:
    """Tokens counted beside those expected, and what was sent, as far as they are told."""
    receipt, gained = replies.first.receipt, replies.gained
    told = []
    if gained is not None:
        rate = _rate(probe, gained, receipt)
        told.append(f"tokens: {gained:+}{rate}, expected at least {probe.least_tokens:+}")
    if receipt and receipt.sent:
        told.append(f"sent: {receipt.sent}")
    return "".join(f"; {each}" for each in told)


def _rate(probe: Probe, gained: int, receipt: Receipt | None) -> str:
    """Tokens for a second or a frame; empty if the service picks the frames itself."""
    if probe.name == "sound":
        return f" ({gained / SECONDS:.0f} a second)"
    frames = len(receipt.frame_times) if receipt else 0
    return f" ({gained / frames:.0f} a frame)" if frames else ""


def _quote(text: str) -> str:
    line = " ".join(text.split())
    return f"{line[:60]!r}..." if len(line) > 60 else repr(line)
