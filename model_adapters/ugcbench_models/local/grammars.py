"""Which tokens may come next if the reply has to follow a JSON schema?"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import xgrammar

from ugcbench.errors import RequestRejectedError
from ugcbench_models.local.checkpoints import Checkpoint

CACHE_BYTES = 256 * 2**20
KEPT_FOR_CLOSING = 8
"""One in so many of a reply's tokens is kept for closing what is open."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """A compiled schema; `closers` are the tokens that end values, in the order of preference, and
    `quote` and `letter` those by which the inside of a text is recognised.
    """

    compiled: Any
    closers: tuple[int, ...]
    quote: int
    letter: int


class Grammars:
    """Compiles schemas for one tokenizer; equal ones only once."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        info = xgrammar.TokenizerInfo.from_huggingface(
            checkpoint.tokenizer,
            vocab_size=checkpoint.width,
            stop_token_ids=list(checkpoint.stops),
        )
        spelled: dict[bytes, int] = {}
        for token, spelling in enumerate(info.decoded_vocab):
            spelled.setdefault(spelling, token)
        closing = (spelled.get(mark) for mark in (b"}", b"]", b",", b", "))
        self._closers = (*checkpoint.stops, *(token for token in closing if token is not None))
        self._quote, self._letter = spelled.get(b'"', -1), spelled.get(b"a", -1)
        self._compiler = xgrammar.GrammarCompiler(info, cache_limit_bytes=CACHE_BYTES)

    def compile(self, schema: Mapping[str, Any]) -> Grammar:
        """The grammar of `schema`, written on one line as `json.dumps` writes it.

        Free white space would let a weak model write nothing else. Raises `RequestRejectedError`
        for a schema that can't be held to.
        """
        try:
            compiled = self._compiler.compile_json_schema(json.dumps(schema), any_whitespace=False)
        except RuntimeError as error:
            reason = str(error).strip().rpartition(": ")[2]
            raise RequestRejectedError(
                f"the reply can't be held to this schema ({reason}); give the option "
                "structured=false"
            ) from None
        return Grammar(compiled, self._closers, self._quote, self._letter)


@dataclass(slots=True)
class _Row:
    """A reply in the making; `left` is how many tokens it may still have."""

    number: int
    grammar: Grammar
    matcher: Any
    left: int
    kept: int
    closed_early: bool = False


class GrammarMask:
    """A logits processor that leaves each row only the tokens that its grammar allows.

    When a row has used up all but the last eighth of its tokens, texts and lists are closed as soon
    as the grammar allows it, so that a rambling reply becomes whole all the same. `grammars` and
    `limits` (tokens of a reply) have an entry for each row; None is a row without grammar.
    """

    def __init__(
        self, grammars: Sequence[Grammar | None], limits: Sequence[int], width: int
    ) -> None:
        self._rows = [
            _Row(
                number,
                grammar,
                xgrammar.GrammarMatcher(grammar.compiled),
                left=limit,
                kept=limit // KEPT_FOR_CLOSING,
            )
            for number, (grammar, limit) in enumerate(zip(grammars, limits, strict=True))
            if grammar is not None
        ]
        self._mask = xgrammar.allocate_token_bitmask(len(grammars), width)
        self._begun = False

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """`scores`, with minus infinity for what may not come next."""
        if self._begun:
            self._follow(input_ids[:, -1].tolist())
        self._begun = True
        open_rows = [row for row in self._rows if row.left > 0 and not row.matcher.is_terminated()]
        for row in open_rows:
            row.matcher.fill_next_token_bitmask(self._mask, row.number)
            if row.left <= row.kept:
                self._close(row)
        if open_rows:
            numbers = [row.number for row in open_rows]
            mask = self._mask.to(scores.device)
            xgrammar.apply_token_bitmask_inplace(scores, mask, indices=numbers)
        return scores

    @property
    def closed_early(self) -> frozenset[int]:
        """The rows whose end was brought about by the limit."""
        return frozenset(row.number for row in self._rows if row.closed_early)

    def _follow(self, tokens: Sequence[int]) -> None:
        for row in self._rows:
            row.left -= 1
            if row.left > 0 and not row.matcher.is_terminated():
                row.matcher.accept_token(tokens[row.number])

    def _close(self, row: _Row) -> None:
        """Allow only the token that ends what is open, if there is one."""
        grammar = row.grammar
        in_text = self._allows(row, grammar.letter) and self._allows(row, grammar.quote)
        wanted = (grammar.quote,) if in_text else grammar.closers
        for token in wanted:
            if self._allows(row, token):
                self._mask[row.number] = 0
                self._mask[row.number, token // 32] = _bit(token)
                row.closed_early = True
                return

    def _allows(self, row: _Row, token: int) -> bool:
        return token >= 0 and bool(self._mask[row.number, token // 32].item() >> token % 32 & 1)


def _bit(token: int) -> int:
    """The bit of a token in its word of 32, as a signed number."""
    bit = 1 << token % 32
    return bit - 2**32 if bit >= 2**31 else bit
