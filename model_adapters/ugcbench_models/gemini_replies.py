"""What does an answer of the Gemini API say, or why does it say nothing?"""

from __future__ import annotations

from collections.abc import Iterable

from google.genai import types

from ugcbench.types import Failure, Prediction, Prompt, Receipt, Usage
from ugcbench_models.endpoints import Endpoint

BLOCKED = frozenset(
    {"SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "ESCALATION", "LANGUAGE"}
)
"""The finish reasons of replies that a filter stopped; what there is of their text is no answer."""


def read_reply(
    prompt: Prompt,
    reply: types.GenerateContentResponse,
    receipt: Receipt | None,
    endpoint: Endpoint,
) -> Prediction:
    """The prediction in a reply, or the failure of a prompt or a reply that was refused."""
    candidate = reply.candidates[0] if reply.candidates else types.Candidate()
    text = endpoint.hide(_join_text(candidate))
    usage = reply.usage_metadata or types.GenerateContentResponseUsageMetadata()
    failure = _find_failure(reply, candidate, text, usage)
    return Prediction(
        task=prompt.task,
        sample_id=prompt.sample_id,
        text=None if failure else text,
        failure=failure,
        model=reply.model_version,
        finish=_name(candidate.finish_reason) or None,
        usage=_count(usage),
        receipt=receipt and _note_tokens(receipt, usage),
    )


def _join_text(candidate: types.Candidate) -> str:
    """What was said, without what was thought."""
    parts = (candidate.content.parts if candidate.content else None) or []
    return "".join(part.text for part in parts if part.text and not part.thought)


def _find_failure(
    reply: types.GenerateContentResponse,
    candidate: types.Candidate,
    text: str,
    usage: types.GenerateContentResponseUsageMetadata,
) -> Failure | None:
    feedback = reply.prompt_feedback
    if feedback and feedback.block_reason:
        why = f"the prompt was blocked ({_name(feedback.block_reason)})"
        return Failure(status="refused", kind="content_filter", message=why)
    finish = _name(candidate.finish_reason)
    if finish in BLOCKED:
        why = ", ".join([finish, *_find_harms(candidate.safety_ratings or ())])
        message = f"the reply was stopped by a filter ({why})"
        return Failure(status="refused", kind="content_filter", message=message)
    if text.strip():
        return None
    message = f"the reply has no text (finish reason: {finish or 'none'})"
    if finish == "MAX_TOKENS" and usage.thoughts_token_count:
        message += (
            f"; all of it went into {usage.thoughts_token_count} tokens of thought: "
            "set `--option thinking_budget=TOKENS`, which are added to the limit"
        )
    return Failure(status="refused", kind="empty", message=message)


def _find_harms(ratings: Iterable[types.SafetyRating]) -> list[str]:
    return [_name(rating.category) for rating in ratings if rating.blocked]


def _count(usage: types.GenerateContentResponseUsageMetadata) -> Usage:
    """Tokens as they are paid for: thoughts are output."""
    output = (usage.candidates_token_count, usage.thoughts_token_count)
    known = [count for count in output if count is not None]
    return Usage(
        input_tokens=usage.prompt_token_count,
        output_tokens=sum(known) if known or usage.prompt_token_count is not None else None,
    )


def _note_tokens(receipt: Receipt, usage: types.GenerateContentResponseUsageMetadata) -> Receipt:
    """Add what the service counted, which shows whether the model heard anything."""
    details = usage.prompt_tokens_details or ()
    counts = {_name(one.modality): one.token_count or 0 for one in details if one.modality}
    if not counts:
        return receipt
    told = ", ".join(f"{modality} {counts[modality]}" for modality in sorted(counts))
    thoughts = f"; thoughts {usage.thoughts_token_count}" if usage.thoughts_token_count else ""
    sent = f"{receipt.sent}; tokens counted: {told}{thoughts}"
    return receipt.model_copy(update={"sent": sent})


def _name(
    value: types.FinishReason
    | types.BlockedReason
    | types.HarmCategory
    | types.MediaModality
    | None,
) -> str:
    return "" if value is None else str(value.value)
