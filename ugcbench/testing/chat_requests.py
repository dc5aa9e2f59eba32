"""Which chat requests does an OpenAI-compatible API refuse, and in which words?"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails

PART_TYPES = frozenset({"text", "image_url", "input_audio"})
"""The types of content part that OpenAI's own API knows; a model may accept fewer, and a server of
one's own `video_url` too."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is refused: the status, and the fields of the `error` object that is sent."""

    status: int
    message: str
    code: str | None = None
    param: str | None = None
    type: str = "invalid_request_error"


def find_refusal(
    body: bytes, parts: Set[str] = PART_TYPES, lenient: bool = False
) -> Refusal | None:
    """What is wrong with a request for a chat completion, or None.

    `parts` are the types of content part that the model accepts. With `lenient`, unknown parameters
    pass, as with most servers other than OpenAI's.
    """
    kind = LenientChatRequest if lenient else ChatRequest
    try:
        request = kind.model_validate_json(body)
    except ValidationError as error:
        return _describe(error.errors(include_url=False)[0])
    return _refuse_part(request, parts) or _refuse_schema(request)


def _check_base64(data: str) -> str:
    try:
        base64.b64decode(data, validate=True)
    except binascii.Error as error:
        raise ValueError(f"the data is not valid base64: {error}") from None
    return data


def _check_image_url(url: str) -> str:
    scheme, _, data = url.partition(",")
    if scheme.startswith("data:image/") and scheme.endswith(";base64"):
        _check_base64(data)
    elif not url.startswith(("https://", "http://")):
        raise ValueError("expected a URL or a base64 data URL with an image type")
    return url


def _check_video_url(url: str) -> str:
    scheme, _, data = url.partition(",")
    if scheme.startswith("data:video/") and scheme.endswith(";base64"):
        for part in data.split(",") if scheme.startswith("data:video/jpeg") else [data]:
            _check_base64(part)
    elif not url.startswith(("https://", "http://")):
        raise ValueError("expected a URL or a base64 data URL with a video type")
    return url


def _read_content(content: object) -> object:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


class ImageURL(BaseModel):
    """Where a picture is, or the picture itself."""

    url: Annotated[str, AfterValidator(_check_image_url)]
    detail: Literal["auto", "low", "high"] = "auto"


class VideoURL(BaseModel):
    """Where a video is, or the video itself: a file, or JPEG pictures with commas between."""

    url: Annotated[str, AfterValidator(_check_video_url)]


class InputAudio(BaseModel):
    """A sound in base64."""

    data: Annotated[str, AfterValidator(_check_base64)]
    format: Literal["wav", "mp3"]


class TextPart(BaseModel):
    """A text."""

    type: Literal["text"]
    text: str


class ImagePart(BaseModel):
    """A picture."""

    type: Literal["image_url"]
    image_url: ImageURL


class AudioPart(BaseModel):
    """A sound."""

    type: Literal["input_audio"]
    input_audio: InputAudio


class VideoPart(BaseModel):
    """A video, as servers other than OpenAI's take it."""

    type: Literal["video_url"]
    video_url: VideoURL


Part = Annotated[TextPart | ImagePart | AudioPart | VideoPart, Field(discriminator="type")]


class UserMessage(BaseModel):
    """What is asked."""

    role: Literal["user"]
    content: Annotated[list[Part], BeforeValidator(_read_content)]


class TextMessage(BaseModel):
    """What is said by anyone but the user: text only."""

    role: Literal["system", "developer", "assistant"]
    content: Annotated[list[TextPart], BeforeValidator(_read_content)]


class NamedSchema(BaseModel):
    """A JSON schema that the reply is to follow."""

    name: Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")]
    schema_: Annotated[dict[str, Any], Field(alias="schema")]
    description: str | None = None
    strict: bool | None = None


class SchemaFormat(BaseModel):
    """The reply is JSON of a given schema."""

    type: Literal["json_schema"]
    json_schema: NamedSchema


class PlainFormat(BaseModel):
    """The reply is text, or any JSON object."""

    type: Literal["text", "json_object"]


class ChatRequest(BaseModel):
    """The parameters that the server knows; answers aren't streamed and call no tools."""

    model_config = ConfigDict(extra="forbid", strict=True)

    model: str
    messages: Annotated[
        list[Annotated[UserMessage | TextMessage, Field(discriminator="role")]],
        Field(min_length=1),
    ]
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    response_format: Annotated[SchemaFormat | PlainFormat, Field(discriminator="type")] | None = (
        None
    )
    frequency_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    presence_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    metadata: dict[str, str] | None = None
    n: Literal[1] | None = None
    reasoning_effort: str | None = None
    seed: int | None = None
    service_tier: str | None = None
    stop: str | list[str] | None = None
    store: bool | None = None
    stream: Literal[False] | None = None
    user: str | None = None

    @model_validator(mode="after")
    def _check_limits(self) -> ChatRequest:
        if self.max_tokens is not None and self.max_completion_tokens is not None:
            raise ValueError("max_tokens and max_completion_tokens can't both be given")
        return self


class LenientChatRequest(ChatRequest):
    """The same, with any further parameters."""

    model_config = ConfigDict(extra="ignore")


def _describe(problem: ErrorDetails) -> Refusal:
    """A validation error in the API's manner."""
    kind, context, param = problem["type"], problem.get("ctx", {}), _name_param(problem["loc"])
    if kind == "json_invalid":
        return Refusal(400, "We could not parse the JSON body of your request.")
    if kind == "missing":
        message = f"Missing required parameter: '{param}'."
        return Refusal(400, message, "missing_required_parameter", param)
    if kind == "extra_forbidden":
        message = f"Unrecognized request argument supplied: {param}"
        return Refusal(400, message, "unknown_parameter", param)
    if kind == "union_tag_invalid":
        param = f"{param}.{context['discriminator'].strip(chr(39))}"
        known = f"Supported values are: {context['expected_tags']}."
        return Refusal(400, f"Invalid value: '{context['tag']}'. {known}", "invalid_value", param)
    return Refusal(400, f"Invalid value for '{param}': {problem['msg']}", "invalid_value", param)


def _name_param(location: tuple[int | str, ...]) -> str:
    """`messages[0].content[1].text`, without the names that pydantic adds for a union's choice."""
    name = ""
    for before, step in zip((None, *location), location, strict=False):
        if isinstance(step, int):
            name += f"[{step}]"
        elif not isinstance(before, int) and before != "response_format":
            name += f".{step}" if name else step
    return name


def _refuse_part(request: ChatRequest, accepted: Set[str]) -> Refusal | None:
    for i, message in enumerate(request.messages):
        for j, part in enumerate(message.content):
            if part.type not in accepted:
                text = f"Invalid content type. {part.type} is only supported by certain models."
                return Refusal(400, text, "invalid_value", f"messages[{i}].content[{j}].type")
    return None


def _refuse_schema(request: ChatRequest) -> Refusal | None:
    if not isinstance(request.response_format, SchemaFormat):
        return None
    named = request.response_format.json_schema
    for problem in _find_loose_ends(named.schema_) if named.strict else ():
        message = f"Invalid schema for response_format '{named.name}': {problem}"
        return Refusal(400, message, param="response_format")
    return None


def _find_loose_ends(schema: object, path: tuple[str, ...] = ()) -> Iterator[str]:
    """What strict mode refuses: objects that are open, or whose properties may be absent."""
    if isinstance(schema, list):
        for item in schema:
            yield from _find_loose_ends(item, path)
    if not isinstance(schema, Mapping):
        return
    if schema.get("type") == "object":
        properties = schema.get("properties", {})
        if schema.get("additionalProperties") is not False:
            yield f"In context={path}, 'additionalProperties' is required to be false."
        if set(schema.get("required", ())) != set(properties):
            yield f"In context={path}, 'required' must list every key of 'properties'."
    for name, inner in schema.items():
        yield from _find_loose_ends(inner, (*path, name))
