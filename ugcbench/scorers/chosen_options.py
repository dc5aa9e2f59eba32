"""Which one of the options does an answer name?

An answer is read in three steps, and the first that finds an option decides: a statement such as
`the answer is B`; a line that is an option or begins with a letter as its label; an option named
anywhere. Several options in one step, or a denied one, make the answer unclear.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ugcbench.scorers.replies import find_json, without_thought


class UnclearAnswerError(ValueError):
    """The answer names no option, or several, or denies one; the message says which."""


def read_choice(text: str, choices: Sequence[str], others: Sequence[str] = ()) -> str:
    """The option that an answer names, by its letter (A for the first choice) or by its text.

    `others` are texts that count as options, but have no letter. Case, Markdown, quotes, code
    fences, thoughts, LaTeX boxes, `<answer>` tags and a JSON object around the answer are seen
    through. Where one option's text contains another's, the longest that fits counts. The article
    in `A man speaks` is no letter. Raises `UnclearAnswerError`.
    """
    options = _read_options(tuple(choices), tuple(others))
    answer = canonicalise(text)
    if answer not in options.names:
        answer = canonicalise(_unwrap(text))
    found = options.stated(answer) or options.labelled(answer) or options.mentioned(answer)
    if not found:
        raise UnclearAnswerError("the answer names no option")
    if len(found) > 1:
        raise UnclearAnswerError(f"the answer names {len(found)} options")
    return (*choices, *others)[found.pop()]


def canonicalise(text: str) -> str:
    """The text without case, markup and quotes, each line with single spaces."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    for markup, plain in _MARKUP:
        folded = markup.sub(plain, folded)
    lines = (" ".join(line.split()) for line in folded.splitlines())
    return "\n".join(line for line in lines if line)


_MARKUP: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile("\N{RIGHT SINGLE QUOTATION MARK}"), "'"),
    (re.compile(r"<answer>|\\boxed\{"), "\nanswer: "),
    (re.compile(r"</answer>"), "\n"),
    (re.compile(r"\\(?:text|mathrm|mathbf)\{|^[ \t]*#+[ \t]", re.MULTILINE), ""),
    (re.compile(r'[*`"\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}]'), ""),
    (re.compile(r"(?<!\w)'|'(?!\w)|(?<![^\W_])_+|_+(?![^\W_])"), ""),
)

_STATEMENT = re.compile(
    r"\b(?:answer|choice|option|selection)(?: to [^\n.:]{0,80})?"
    r"(?: (?:is|was|would be)\b| ?[:=]| [-\N{EN DASH}\N{EM DASH}])"
)
_LABEL = re.compile(
    r"[(\[]?([a-z])([)\]}:]|[.,;!?]|[ ]?[-\N{EN DASH}\N{EM DASH}](?=[ ])|(?=[ ])|$)"
)
_SECOND_LABEL = re.compile(r"(?:(?:or|and)\b|[/&+])? ?[(\[]?([a-z])(?:[)\]}:.,;!?]|$)")
_REASON = re.compile(r" (?:because|since|as|due|given)\b")
_JOINT = re.compile(r" ?(?:[,/&+]|or\b|and\b) ?(?:or\b|and\b)? ?")
_FILLER = re.compile(
    r"(?:(?:the|an?|my|it|it's|is|would be|correct|right|best|final|answer|option|choice|letter"
    r"|most|likely|probably|clearly|definitely)\b[ :=]*)+"
)
_WEAK_STATEMENT = re.compile(
    r"\b(?:option|choice|answer|choose|pick|select|go with|it is|it's) (?=[(\[]?[a-z]\b)"
    r"|(?=[(\[][a-z][)\]])"
)
_DENIAL_BEFORE = re.compile(
    r"(?:\b(?:not|never|neither|nor|no(?! doubt)|non|cannot|without|than|instead of|opposed to)"
    r"|n't)(?:[ -]+[\w']+){0,3}[ -]*$"
)
_DENIAL_AFTER = re.compile(
    r"\s*(?:(?:is|was|would|does|do|can|could|seems)(?: be)? ?)?(?:not|n't|wrong|incorrect|false)\b"
)
_PUNCTUATION = " .,;:!?()[]{}-\N{BULLET}\N{EN DASH}\N{EM DASH}>"


@dataclass(frozen=True, slots=True)
class _Options:
    """The options of one question: which letters and which canonical texts stand for which."""

    letters: str
    names: Mapping[str, int]
    pattern: re.Pattern[str]

    def stated(self, answer: str) -> set[int]:
        """The options in statements such as `answer: B` or `the correct option is (b)`."""
        found: set[int] = set()
        for statement in _STATEMENT.finditer(answer):
            rest = _after(answer, statement)
            found |= self._begins(rest) or self._begins(_without_filler(rest))
        return found

    def labelled(self, answer: str) -> set[int]:
        """The options of lines that are an option's text or begin with a letter as a label."""
        found: set[int] = set()
        for line in answer.split("\n"):
            bare = line.strip(_PUNCTUATION)
            if line in self.names or bare in self.names:
                found.add(self.names[line if line in self.names else bare])
            else:
                start = line.lstrip("-\N{BULLET}> ")
                found |= self._label(start) or self._label(_without_filler(start))
        return found

    def mentioned(self, answer: str) -> set[int]:
        """The options named anywhere, by text or as `option B` or `(b)`; denying one raises."""
        found: set[int] = set()
        for mention in self.pattern.finditer(answer):
            _refuse_denial(answer, mention.start(), mention.end())
            found.add(self.names[mention[0]])
        for statement in _WEAK_STATEMENT.finditer(answer):
            label = self._label(_after(answer, statement), stated=True)
            if label:
                _refuse_denial(answer, statement.start(), statement.end())
            found |= label
        return found

    def _begins(self, line: str) -> set[int]:
        label = self._label(line, stated=True)
        name = None if label else self.pattern.match(line)
        if not name:
            return label
        _refuse_denial(line, name.start(), name.end())
        found = {self.names[name[0]]}
        joint = _JOINT.match(line, name.end())
        if joint:
            second = self.pattern.match(line, joint.end())
            found |= {self.names[second[0]]} if second else self._label(line[joint.end() :])
        return found

    def _label(self, line: str, *, stated: bool = False) -> set[int]:
        """The option whose letter begins the line, with any other that directly follows it."""
        match = _LABEL.match(line)
        if not match or match[1] not in self.letters:
            return set()
        rest = line[match.end() :]
        name = self.pattern.match(rest.lstrip(_PUNCTUATION))
        if not _is_label(match, rest, named=name is not None, stated=stated):
            return set()
        _refuse_denial(rest, 0, 0)
        found = {self.letters.index(match[1])}
        second = _SECOND_LABEL.match(rest.lstrip(_PUNCTUATION))
        if second and second[1] in self.letters:
            found.add(self.letters.index(second[1]))
        return found | ({self.names[name[0]]} if name else set())


def _is_label(match: re.Match[str], rest: str, *, named: bool, stated: bool) -> bool:
    letter, mark = match.groups()
    if mark and mark in ".,;!?":
        # Not the letter of `a.m.`, but that of `b.narration`.
        return rest[:1] in ("", " ") or named
    if mark or not rest or _REASON.match(rest):
        return True
    # Before a space: `the answer is b which`, `b narration`, but neither `b roll` nor `a man`.
    return (named or stated) and letter not in "ai"


def _refuse_denial(text: str, start: int, end: int) -> None:
    before = text[max(0, start - 80) : start]
    if _DENIAL_BEFORE.search(before) or _DENIAL_AFTER.match(text, end):
        raise UnclearAnswerError("the answer denies an option")


def _after(answer: str, statement: re.Match[str]) -> str:
    """The line that follows a statement; a limit to its length keeps the time linear."""
    rest = answer[statement.end() : statement.end() + 1000]
    return rest.lstrip(" :=\n").partition("\n")[0]


def _without_filler(line: str) -> str:
    filler = _FILLER.match(line)
    return line[filler.end() :] if filler else line


@lru_cache(maxsize=1024)
def _read_options(choices: tuple[str, ...], others: tuple[str, ...]) -> _Options:
    letters = string.ascii_lowercase[: len(choices)]
    names: dict[str, int] = {}
    for index, option in enumerate((*choices, *others)):
        name = canonicalise(option)
        names.setdefault(name, index)
        if index < len(letters):
            # Some data sets write the letter into the option: `A. Narration`.
            names.setdefault(re.sub(rf"^[(\[]?{letters[index]}[)\].:] *", "", name), index)
    names.pop("", None)
    longest_first = sorted(names, key=len, reverse=True)
    alternatives = "|".join(map(re.escape, longest_first)) or r"(?!)"
    return _Options(letters, names, re.compile(rf"(?<!\w)(?:{alternatives})(?!\w)"))


def _unwrap(text: str) -> str:
    """The answer proper: without thoughts, and out of a JSON value if there is just one."""
    answer = without_thought(text)
    match find_json(answer):
        case [str(only)] | [[str(only)]]:
            return only
        case [dict(fields)]:
            named = {str(key).casefold(): value for key, value in fields.items()}
            asked = [named.get(key) for key in ("final_answer", "answer", "choice", "option")]
            wanted = [value for value in asked if isinstance(value, str)]
            strings = wanted[:1] or [value for value in named.values() if isinstance(value, str)]
            return strings[0] if len(strings) == 1 else answer
        case _:
            return answer
