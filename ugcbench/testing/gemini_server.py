"""How does the Gemini API behave, on its good days and its bad ones?

    with GeminiServer() as server:
        server.plan("rate_limit", "content_filter", None)      # the first three calls
        server.plan_uploads("processing_failed")               # the first upload
        client = genai.Client(api_key="any", http_options={"base_url": server.url})

Or in a process of its own, which prints the URL and serves until it is stopped:

    python -m ugcbench.testing.gemini_server --latency 0.3 --faults 0.1 --seed 1
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ugcbench.testing.faults import HANG, HTML, REFUSAL, Fault, FaultPlan, spoil_body, spoil_text
from ugcbench.testing.gemini_requests import (
    GenerateRequest,
    GoogleRefusal,
    Part,
    read_generate_request,
)
from ugcbench.testing.gemini_storage import FileStorage, StoredFile, UploadFault
from ugcbench.testing.gemini_tokens import ReceivedPart, count_tokens
from ugcbench.testing.loopback import Request, Response, json_response
from ugcbench.testing.model_server import DEFAULT_REPLY, ModelServer, Reply, serve

ROUTE = re.compile(
    r"/v1(?:beta)?/(?:(?P<all>files|models)|(?P<file>files/[^/:]+)"
    r"|models/(?P<model>[^/:]+)(?::(?P<verb>\w+))?)"
)
UPLOAD = re.compile(r"/upload/(?:v1(?:beta)?/files|session/(?P<session>\w+))")

INLINE_BYTES = 100_000_000
"""The largest request that is read. Source: the service's announcement of January 2026."""


def google_error(
    status: int, message: str, *details: Mapping[str, Any], name: str | None = None
) -> Response:
    """An answer that holds an `error` object as Google's APIs write it."""
    return json_response(GoogleRefusal(status, message, *details, name=name).body(), status)


@dataclass(frozen=True, slots=True)
class Received:
    """One call of generateContent as the server understood it."""

    model: str
    system: str | None
    parts: tuple[ReceivedPart, ...]
    config: Mapping[str, Any]

    @property
    def text(self) -> str:
        """All text parts, one a line."""
        return "\n".join(part.text for part in self.parts if part.kind == "text")

    def media(self, family: str) -> list[ReceivedPart]:
        """The parts of one family: video, image or audio."""
        return [part for part in self.parts if part.mime_type.startswith(f"{family}/")]


class GeminiServer(ModelServer):
    """The Gemini API with its Files API: it checks requests, looks into media, and fails as told.

    A `reply` that is a function gets the request as a dict in camel case, without its media. New
    files are ACTIVE when they were asked about `polls` times. With `thoughts`, a model thinks that
    many tokens, or up to the budget of the request, and the answer must fit into what its limit
    leaves. `received` holds the last `keep` calls, `storage` the files. The rest is as in
    `ModelServer`.
    """

    def __init__(
        self,
        *,
        reply: Reply = DEFAULT_REPLY,
        key: str | None = None,
        models: Collection[str] | None = None,
        served_model: str | None = None,
        polls: int = 1,
        thoughts: int = 0,
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
        self.thoughts = thoughts
        self.storage = FileStorage(polls)
        self.received: deque[Received] = deque(maxlen=keep)

    def plan_uploads(self, *fates: UploadFault | None) -> None:
        """Say what becomes of the next uploads, one word each."""
        self.storage.fates.extend(fates)

    def _answer(self, request: Request) -> Response:
        path = urlsplit(request.path).path
        try:
            if upload := UPLOAD.fullmatch(path):
                return self._take(request, upload["session"])
            self._check_caller(request)
            if route := ROUTE.fullmatch(path):
                return self._route(request, route)
            raise GoogleRefusal(404, "Requested entity was not found.")
        except GoogleRefusal as refusal:
            return json_response(refusal.body(), refusal.status)

    def _check_caller(self, request: Request) -> None:
        key = request.headers.get("x-goog-api-key")
        if not key:
            raise GoogleRefusal(403, "Method doesn't allow unregistered callers.")
        if self.key not in (None, key):
            raise _invalid_key()

    def _take(self, request: Request, session: str | None) -> Response:
        """A request of a resumable upload; its later ones are known by their session alone."""
        if session:
            return self.storage.take(request, session, self.origin)
        self._check_caller(request)
        fate = self.storage.fates.popleft() if self.storage.fates else None
        return ERRORS.get(fate) or self.storage.start(request, self.origin, fate)

    def _route(self, request: Request, route: re.Match[str]) -> Response:
        match request.method, route["all"], route["file"], route["verb"]:
            case "GET", "files", _, _:
                told = [file.describe(self.origin) for file in self.storage.files.values()]
                return json_response({"files": told} if told else {})
            case "GET", "models", _, _:
                return json_response({"models": [_card(n) for n in self.models or ["loopback"]]})
            case "GET", _, str(name), _:
                return json_response(self.storage.look(name).describe(self.origin))
            case "DELETE", _, str(name), _:
                return json_response(self.storage.delete(name))
            case "GET", _, _, None:
                return json_response(_card(self._check_model(route["model"])))
            case "POST", _, _, "generateContent":
                return self._generate(request, self._check_model(route["model"]))
        raise GoogleRefusal(404, "Requested entity was not found.")

    def _check_model(self, name: str) -> str:
        if self.models is not None and name not in self.models:
            raise GoogleRefusal(
                404,
                f"models/{name} is not found for API version v1beta, or is not supported for "
                "generateContent. Call ListModels to see the list of available models.",
            )
        return name

    def _generate(self, request: Request, model: str) -> Response:
        if len(request.body) > INLINE_BYTES:
            text = f"Request payload size exceeds the limit: {INLINE_BYTES} bytes."
            raise GoogleRefusal(400, text)
        call = read_generate_request(request.body)
        received = self._receive(call, model)
        self.received.append(received)
        step = self.faults.next(request.body)
        if isinstance(step, Response):
            return step
        return ERRORS[step] if step in ERRORS else self._complete(call, received, step)

    def _receive(self, call: GenerateRequest, model: str) -> Received:
        system = call.system_instruction
        return Received(
            model=model,
            system="\n".join(part.text or "" for part in system.parts) if system else None,
            parts=tuple(self._receive_part(part) for part in call.parts),
            config=call.generation_config.model_dump(by_alias=True, exclude_none=True),
        )

    def _receive_part(self, part: Part) -> ReceivedPart:
        fps = part.video_metadata.fps if part.video_metadata else None
        if part.inline_data:
            blob = part.inline_data
            return ReceivedPart("inline", mime_type=blob.mime_type, data=blob.data, fps=fps)
        if part.file_data:
            file = self._open(part.file_data.file_uri)
            return ReceivedPart("file", mime_type=file.mime_type, data=file.data, fps=fps)
        return ReceivedPart("text", text=part.text or "")

    def _open(self, uri: str) -> StoredFile:
        name = "files/" + uri.rpartition("/")[2]
        file = self.storage.find(name)
        if file.fate == "lost":
            self.storage.files.pop(name)
            self.storage.find(name)
        if file.state != "ACTIVE":
            text = f"The File {name} is not in an ACTIVE state and usage is not allowed."
            raise GoogleRefusal(400, text, name="FAILED_PRECONDITION")
        return file

    def _complete(self, call: GenerateRequest, received: Received, fault: Fault | None) -> Response:
        try:
            asked = count_tokens(received.parts)
        except ValueError:
            raise GoogleRefusal(400, "Unable to process input video.") from None
        request = call.model_dump(
            mode="json", by_alias=True, exclude_none=True, exclude={"contents"}
        )
        request["contents"] = [{"parts": [{"text": received.text}]}]
        text = spoil_text(self.compose(request, call.generation_config.response_json_schema), fault)
        thoughts, text, finish = self._think(call, text)
        answer: dict[str, Any] = {
            "candidates": [_candidate(text, "MAX_TOKENS" if fault == "length" else finish)],
            "usageMetadata": _usage(asked, len(text.split()), thoughts),
            "modelVersion": self.served_model or received.model,
            "responseId": "loopback",
        }
        _spoil(answer, fault)
        return spoil_body(json_response(answer), fault)

    def _think(self, call: GenerateRequest, text: str) -> tuple[int, str, str]:
        """Tokens of thought, what fits of the text after them, and why the answer ends."""
        config = call.generation_config
        budget = config.thinking_config.thinking_budget if config.thinking_config else None
        thoughts = self.thoughts if budget is None or budget < 0 else min(self.thoughts, budget)
        if config.max_output_tokens is None:
            return thoughts, text, "STOP"
        left = max(0, config.max_output_tokens - thoughts)
        words = text.split()
        if len(words) <= left:
            return thoughts, text, "STOP"
        return config.max_output_tokens - left, " ".join(words[:left]), "MAX_TOKENS"


def _candidate(text: str, finish: str) -> dict[str, Any]:
    content: dict[str, Any] = {"role": "model"}
    if text:
        content["parts"] = [{"text": text}]
    return {"content": content, "finishReason": finish, "index": 0}


def _usage(asked: Mapping[str, int], answered: int, thoughts: int) -> dict[str, Any]:
    prompt = sum(asked.values())
    usage: dict[str, Any] = {
        "promptTokenCount": prompt,
        "totalTokenCount": prompt + answered + thoughts,
        "promptTokensDetails": [
            {"modality": modality, "tokenCount": count} for modality, count in asked.items()
        ],
    }
    if answered:
        usage["candidatesTokenCount"] = answered
    if thoughts:
        usage["thoughtsTokenCount"] = thoughts
    return usage


def _spoil(answer: dict[str, Any], fault: Fault | None) -> None:
    """Change a good answer into what `fault` says."""
    match fault:
        case "no_choices":
            del answer["candidates"]
        case "blocked_prompt":
            del answer["candidates"]
            answer["promptFeedback"] = {"blockReason": "PROHIBITED_CONTENT"}
        case "content_filter":
            answer["candidates"] = [BLOCKED]
        case "refusal":
            answer["candidates"] = [_candidate(REFUSAL, "STOP")]
        case "rerouted":
            answer["modelVersion"] += "-rerouted"


def _card(name: str) -> dict[str, Any]:
    return {
        "name": f"models/{name}",
        "version": "001",
        "displayName": name,
        "supportedGenerationMethods": ["generateContent"],
    }


TYPES = "type.googleapis.com/google.rpc"

BLOCKED = {
    "finishReason": "SAFETY",
    "index": 0,
    "safetyRatings": [
        {"category": "HARM_CATEGORY_DANGEROUS_CONTENT", "probability": "HIGH", "blocked": True}
    ],
}


def _invalid_key() -> GoogleRefusal:
    reason = {"reason": "API_KEY_INVALID", "domain": "googleapis.com"}
    return GoogleRefusal(
        400,
        "API key not valid. Please pass a valid API key.",
        {"@type": f"{TYPES}.ErrorInfo", **reason},
    )


def _quota_details(period: str, delay: str) -> tuple[Mapping[str, Any], ...]:
    quota = f"GenerateRequestsPer{period}PerProjectPerModel-FreeTier"
    return (
        {"@type": f"{TYPES}.QuotaFailure", "violations": [{"quotaId": quota, "quotaValue": "10"}]},
        {"@type": f"{TYPES}.RetryInfo", "retryDelay": delay},
    )


EXCEEDED = "You exceeded your current quota, please check your plan and billing details."

ERRORS: Mapping[UploadFault | Response | None, Response] = {
    "rate_limit": google_error(429, EXCEEDED, *_quota_details("Minute", "0.05s")),
    "quota": google_error(429, EXCEEDED, *_quota_details("Day", "41s")),
    "server_error": google_error(500, "An internal error has occurred. Please retry."),
    "unavailable": google_error(503, "The model is overloaded. Please try again later."),
    "invalid_key": json_response(_invalid_key().body(), 400),
    "context_length": google_error(
        400,
        "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
    ),
    "html": HTML,
    "hang": HANG,
}
"""The faults that hide the answer altogether."""


if __name__ == "__main__":
    serve(GeminiServer, "The Gemini API on 127.0.0.1.")
