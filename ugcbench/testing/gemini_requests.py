"""Which requests does the Gemini API refuse, and in which words?

Names may be written in camel case or with underscores, as everywhere in Google's JSON; the official
client mixes both.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

SCHEMA_KEYWORDS = frozenset(
    {"$id", "$defs", "$ref", "$anchor", "type", "format", "title", "description", "enum", "items"}
    | {"prefixItems", "minItems", "maxItems", "minimum", "maximum", "anyOf", "oneOf", "properties"}
    | {"additionalProperties", "required", "propertyOrdering"}
)
"""The part of JSON Schema that `responseJsonSchema` takes. Source: the API's reference of
GenerationConfig. The real service passes over some other keywords; here they are refused, so that
nobody relies on them."""

STATUS_NAMES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
"""The canonical name of an error's status."""


class GoogleRefusal(Exception):  # noqa: N818 - what the server says, no mistake of its own
    """Why a call is refused: what stands in the `error` object of a Google API."""

    def __init__(
        self, status: int, message: str, *details: Mapping[str, Any], name: str | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.details = details
        self.name = name

    def body(self) -> dict[str, Any]:
        """The answer's JSON."""
        error: dict[str, Any] = {"code": self.status, "message": self.message}
        error["status"] = self.name or STATUS_NAMES.get(self.status, "UNKNOWN")
        if self.details:
            error["details"] = list(self.details)
        return {"error": error}


def _read_bytes(data: object) -> object:
    if not isinstance(data, str):
        return data
    try:
        text = data.replace("-", "+").replace("_", "/")
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        raise ValueError("Base64 decoding failed") from None


class _Wire(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")


class Blob(_Wire):
    """Media within the request."""

    mime_type: str
    data: Annotated[bytes, BeforeValidator(_read_bytes)]


class FileData(_Wire):
    """Media that was uploaded before."""

    file_uri: str
    mime_type: str | None = None


class VideoMetadata(_Wire):
    """How the service is to look at a video."""

    fps: Annotated[float, Field(gt=0, le=24)] = 1.0


class Part(_Wire):
    """A text, or media inside the request or uploaded before: exactly one of them."""

    text: str | None = None
    inline_data: Blob | None = None
    file_data: FileData | None = None
    video_metadata: VideoMetadata | None = None

    @model_validator(mode="after")
    def _holds_one_thing(self) -> Self:
        held = [self.text, self.inline_data, self.file_data]
        if sum(one is not None for one in held) != 1:
            raise ValueError("oneof field 'data' must have exactly one initialized field")
        return self


class Content(_Wire):
    """What one side says."""

    role: Literal["user", "model"] | None = None
    parts: Annotated[list[Part], Field(min_length=1)]


class ThinkingConfig(_Wire):
    """How much the model may think."""

    thinking_budget: int | None = None
    thinking_level: str | None = None
    include_thoughts: bool | None = None


class GenerationConfig(_Wire):
    """How the answer is made."""

    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    top_k: int | None = None
    max_output_tokens: Annotated[int, Field(ge=1)] | None = None
    seed: int | None = None
    stop_sequences: list[str] | None = None
    candidate_count: Literal[1] | None = None
    response_mime_type: Literal["text/plain", "application/json"] | None = None
    response_json_schema: dict[str, Any] | None = None
    thinking_config: ThinkingConfig | None = None
    media_resolution: str | None = None

    @model_validator(mode="after")
    def _schema_is_for_json(self) -> Self:
        if self.response_json_schema is None:
            return self
        if self.response_mime_type != "application/json":
            raise ValueError("response_json_schema needs response_mime_type application/json")
        if unknown := sorted(set(_keywords(self.response_json_schema)) - SCHEMA_KEYWORDS):
            raise ValueError(f"response_json_schema holds unsupported keywords: {unknown}")
        return self


class GenerateRequest(_Wire):
    """The parameters of generateContent that the server knows; there are no tools."""

    contents: Annotated[list[Content], Field(min_length=1)]
    system_instruction: Content | None = None
    generation_config: GenerationConfig = GenerationConfig()
    safety_settings: list[dict[str, str]] = []

    @property
    def parts(self) -> list[Part]:
        """All parts that the user said, in order."""
        return [part for content in self.contents for part in content.parts]


def read_generate_request(body: bytes) -> GenerateRequest:
    """The request in `body`; raises `GoogleRefusal` for what the API would refuse."""
    try:
        return GenerateRequest.model_validate_json(body)
    except ValidationError as error:
        raise _describe(error.errors(include_url=False)[0]) from None


def _describe(problem: ErrorDetails) -> GoogleRefusal:
    *above, name = [step for step in problem["loc"] if isinstance(step, str)] or [""]
    if problem["type"] == "json_invalid":
        return GoogleRefusal(400, "Invalid JSON payload received. Parsing failed.")
    if problem["type"] == "extra_forbidden":
        where = f" at '{'.'.join(above)}'" if above else ""
        text = f'Invalid JSON payload received. Unknown name "{name}"{where}: Cannot find field.'
        return GoogleRefusal(400, text)
    return GoogleRefusal(
        400, f"* GenerateContentRequest.{'.'.join([*above, name])}: {problem['msg']}"
    )


def _keywords(schema: Mapping[str, Any]) -> Iterator[str]:
    """All keywords in a schema, not the names of properties and definitions."""
    for keyword, value in schema.items():
        yield keyword
        if keyword in ("properties", "$defs"):
            below = list(value.values())
        else:
            below = value if isinstance(value, list) else [value]
        for inner in below:
            if isinstance(inner, Mapping):
                yield from _keywords(inner)
