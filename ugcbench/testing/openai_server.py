"""How does an OpenAI-compatible server behave, on its good days and its bad ones?

    with OpenAIServer(latency=0.2) as server:
        server.plan("rate_limit", "html", None)          # the first three calls
        client = AsyncOpenAI(base_url=server.url, api_key="any")

Or in a process of its own, which prints the URL and serves until it is stopped; here every tenth
call goes wrong (`ugcbench.testing.faults`):

    python -m ugcbench.testing.openai_server --latency 0.3 --faults 0.1 --seed 1
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Set
from dataclasses import asdict
from typing import Any

from ugcbench.testing.chat_requests import PART_TYPES, Refusal, find_refusal
from ugcbench.testing.chat_tokens import count_tokens
from ugcbench.testing.faults import (
    HANG,
    HTML,
    REFUSAL,
    Fault,
    FaultPlan,
    Step,
    spoil_body,
    spoil_text,
)
from ugcbench.testing.loopback import Request, Response, json_response
from ugcbench.testing.model_server import DEFAULT_REPLY, ModelServer, Reply, serve


def error_response(refusal: Refusal, headers: Mapping[str, str] | None = None) -> Response:
    """An answer that holds an `error` object."""
    error = {name: value for name, value in asdict(refusal).items() if name != "status"}
    return json_response({"error": error}, refusal.status, headers)


class OpenAIServer(ModelServer):
    """A server of chat completions that checks requests as OpenAI's does, and fails as told.

    `parts` are the types of content part that the models accept; those of `ignored` types are
    accepted as well, but neither seen, heard nor counted, as many a server does in silence.
    `lenient` lets unknown parameters pass. The rest is as in `ModelServer`.
    """

    def __init__(
        self,
        *,
        reply: Reply = DEFAULT_REPLY,
        key: str | None = None,
        models: Collection[str] | None = None,
        served_model: str | None = None,
        parts: Set[str] = PART_TYPES,
        ignored: Set[str] = frozenset(),
        lenient: bool = False,
        faults: FaultPlan | None = None,
        port: int = 0,
        latency: float = 0.0,
        keep: int = 256,
    ) -> None:
        super().__init__(
            self._answer,
            reply=reply,
            key=key,
            models=models,
            served_model=served_model,
            faults=faults,
            port=port,
            latency=latency,
            keep=keep,
        )
        self.parts = parts
        self.ignored = ignored
        self.lenient = lenient

    @property
    def url(self) -> str:
        """What a client takes as its base URL."""
        return f"{self.origin}/v1"

    def _answer(self, request: Request) -> Response:
        refusal = self._refuse_caller(request)
        if refusal:
            return error_response(refusal)
        match request.method, request.path:
            case "GET", "/v1/models":
                return json_response(_list_models(self.models or ["loopback"]))
            case "POST", "/v1/chat/completions":
                return self._answer_chat(request)
        return error_response(Refusal(404, f"Invalid URL ({request.method} {request.path})"))

    def _refuse_caller(self, request: Request) -> Refusal | None:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or not key:
            return Refusal(401, "You didn't provide an API key.")
        if self.key not in (None, key):
            return Refusal(401, f"Incorrect API key provided: {key}.", "invalid_api_key")
        return None

    def _answer_chat(self, request: Request) -> Response:
        refusal = find_refusal(request.body, self.parts, self.lenient)
        if refusal:
            return error_response(refusal)
        call = request.json()
        if self.models is not None and call["model"] not in self.models:
            message = f"The model `{call['model']}` does not exist."
            return error_response(Refusal(404, message, "model_not_found", "model"))
        step = self.faults.next(request.body)
        if isinstance(step, Response):
            return step
        return ERRORS[step] if step in ERRORS else self._complete(call, step)

    def _complete(self, call: Mapping[str, Any], fault: Fault | None) -> Response:
        wanted = call.get("response_format") or {}
        schema = wanted["json_schema"]["schema"] if wanted.get("type") == "json_schema" else None
        text = spoil_text(self.compose(call, schema), fault)
        asked = count_tokens(call["messages"], self.ignored)
        completion = _build_completion(asked, text, self.served_model or call["model"])
        _spoil(completion, fault)
        return spoil_body(json_response(completion), fault)


def _build_completion(asked: int, text: str, model: str) -> dict[str, Any]:
    """A completion; the tokens of its text are counted as words."""
    answered = len(text.split())
    message = {"role": "assistant", "content": text, "refusal": None}
    return {
        "id": "chatcmpl-loopback",
        "object": "chat.completion",
        "created": 0,
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}],
        "usage": {
            "prompt_tokens": asked,
            "completion_tokens": answered,
            "total_tokens": asked + answered,
        },
    }


def _spoil(completion: dict[str, Any], fault: Fault | None) -> None:
    """Change what stands around the text into what `fault` says."""
    choice = completion["choices"][0]
    message = choice["message"]
    match fault:
        case "no_choices":
            completion["choices"] = []
        case "content_filter":
            message["content"], choice["finish_reason"] = None, "content_filter"
        case "refusal":
            message["content"], message["refusal"] = None, REFUSAL
        case "length":
            choice["finish_reason"] = "length"
        case "rerouted":
            completion["model"] += "-rerouted"


def _list_models(names: Collection[str]) -> dict[str, Any]:
    cards = [{"id": n, "object": "model", "created": 0, "owned_by": "loopback"} for n in names]
    return {"object": "list", "data": cards}


ERRORS: Mapping[Step, Response] = {
    "rate_limit": error_response(
        Refusal(429, "Rate limit reached", "rate_limit_exceeded", type="requests"),
        {"retry-after": "0.05"},
    ),
    "quota": error_response(
        Refusal(
            429, "You exceeded your current quota", "insufficient_quota", type="insufficient_quota"
        )
    ),
    "server_error": error_response(
        Refusal(500, "The server had an error while processing your request", type="server_error")
    ),
    "unavailable": error_response(
        Refusal(503, "The engine is currently overloaded", type="server_error")
    ),
    "invalid_key": error_response(Refusal(401, "Incorrect API key provided.", "invalid_api_key")),
    "blocked_prompt": error_response(
        Refusal(400, "The prompt was stopped by a content filter.", "content_filter")
    ),
    "context_length": error_response(
        Refusal(
            400,
            "This model's maximum context length is 4096 tokens.",
            "context_length_exceeded",
            "messages",
        )
    ),
    "html": HTML,
    "hang": HANG,
}
"""The faults that hide the completion altogether."""


if __name__ == "__main__":
    serve(OpenAIServer, "An OpenAI-compatible server on 127.0.0.1.")
