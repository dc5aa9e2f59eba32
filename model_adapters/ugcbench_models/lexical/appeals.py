"""Which sentences of a caption are said to its judge?

They describe no video, and the common words in them would count as found. Sentences are recognised
by set phrases in English; whoever words an appeal otherwise gets the words in it counted.
"""

from __future__ import annotations

import re

SENTENCE = re.compile(r"[^.!?\n]*(?:[.!?]+|\n+|$)")

NUMBER = r"(?:[1-5]|five)(?=\s*(?:[.,;:!/<\n]|$|points?\b|marks?\b|stars?\b|out\b|for\b|in\b))"
MARKS = rf"(?:{NUMBER}|(?:full|highest|maximum|top|perfect)\s+(?:marks?|scores?|levels?|ratings?))"
TEXTS = r"(?:caption|description|answer|candidate|prediction)"

APPEAL = re.compile(
    rf"""
    \brubric | \b(?:grader|evaluator)\b | \bjudge\s*[:,]
    | \b(?:to\s+the|to\s+my|dear|attention|hey)\s+judges?\b
    | \b(?:ignore|disregard|forget|override)\b .* \b(?:instruction|prompt|reference|rule)s?\b
    | \b(?:please\s+)?(?:give|award|assign|rate|grade)\s+(?:\w+\s+){{0,3}}{MARKS}
    | \b(?:reply|respond|answer)\s+with\b .* \b(?:score|{MARKS})
    | \bthis\s+{TEXTS}\s+(?:is|deserves|matches|gets|should|must)\b
    | ["'](?:audio|visual|details|score|level)["']\s*:\s*\d
    | \b(?:audio|visual|details|score)\s*[:=]\s*[1-5]\b(?:\s*/\s*5)?
    """,
    re.IGNORECASE | re.VERBOSE,
)


def drop_appeals(text: str) -> str:
    """A caption without the sentences that are said to its judge."""
    return "".join(part for part in SENTENCE.findall(text) if not APPEAL.search(part))
