"""How does a prompt become the tokens of a chat?"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jinja2

from ugcbench.errors import FatalModelError, RequestRejectedError
from ugcbench.types import Prompt

WORD_JOINER = "\N{WORD JOINER}"


class ChatEncoder:
    """Writes prompts by a tokenizer's chat template; usable from several threads.

    `options` are further variables of the template, such as `enable_thinking`. Raises
    `FatalModelError` for a tokenizer without a template.
    """

    def __init__(self, tokenizer: Any, name: str, options: Mapping[str, Any]) -> None:  # noqa: ANN401
        if not tokenizer.chat_template:
            raise FatalModelError(
                f"{name} has no chat template; take a checkpoint that was tuned to chat (often "
                "named -Instruct or -it), or put its chat_template.jinja beside its tokenizer"
            )
        self._tokenizer = tokenizer
        self._name = name
        self._options = dict(options)
        added = tokenizer.added_tokens_decoder.values()
        self._controls = [token.content for token in added if token.special]
        self._lock = threading.Lock()

    def encode(
        self,
        prompt: Prompt,
        media: Sequence[Mapping[str, Any]] = (),
        expand: Callable[[str], str] = str,
    ) -> list[int]:
        """The tokens up to where the reply begins; raises `RequestRejectedError`.

        `media` are content parts in front of the prompt's text, such as {"type": "image"}; `expand`
        spells out the placeholders that the template writes for them.
        """
        turns = [("system", prompt.system), ("user", prompt.text)]
        messages: list[dict[str, Any]] = [
            {"role": role, "content": self.disarm(text)} for role, text in turns if text is not None
        ]
        if media:
            text = {"type": "text", "text": messages[-1]["content"]}
            messages[-1]["content"] = [*media, text]
        with self._lock:  # the tokenizer's native part is not for several threads
            try:
                text = self._tokenizer.apply_chat_template(
                    messages, tokenize=False, add_generation_prompt=True, **self._options
                )
            except jinja2.TemplateError as error:
                raise RequestRejectedError(
                    f"the chat template of {self._name} doesn't take this prompt: {error}"
                ) from error
            tokens = self._tokenizer(expand(text), add_special_tokens=False, verbose=False)
            return list(tokens["input_ids"])

    def disarm(self, text: str) -> str:
        """`text` in which no control token is left, such as the one that ends a turn.

        A caption that spells one out would otherwise speak as the system or as the judge itself.
        An invisible character breaks them up.
        """
        for control in self._controls:
            if control and control in text:
                text = text.replace(control, control[0] + WORD_JOINER + control[1:])
        return text
