"""How long does the offline judge take for a caption?

    python benchmarks/lexical.py

Judges recorded captions where they are at hand (`UGCBENCH_UGC_VIDEOCAP`, or
`../shared/ugc-videocap`), otherwise made ones of the same length, one after the other in one
thread. No text is given twice, so nothing comes from a cache. Times are CPU seconds; the ratio is
to rouge-score (ROUGE-1, ROUGE-2, ROUGE-L with stemming) on the same pairs in the same run. Fails
above 5 ms a caption.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

from rouge_score.rouge_scorer import RougeScorer

from ugcbench_models.lexical.levels import load_coefficients, rate

LIMIT = 5.0
"""Milliseconds a caption."""

ROUNDS = 3
PAIRS = 300

Pair = tuple[str, str]


def main() -> None:
    """Measure and print."""
    where, pairs = find_pairs()
    load_coefficients()
    scorer = RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=True)
    ours, theirs = [], []
    for start in range(0, ROUNDS * PAIRS, PAIRS):
        part = pairs[start : start + PAIRS]
        ours.append(measure(rate, part))
        theirs.append(measure(scorer.score, part))
    mine, other = min(ours), min(theirs)
    print(f"{where}: {mine:.2f} ms a caption, rouge-score {other:.2f} ms, ratio {mine / other:.2f}")
    if mine > LIMIT:
        sys.exit(f"more than {LIMIT:g} ms a caption")


def find_pairs() -> tuple[str, list[Pair]]:
    """Recorded or made captions with their references, none of them twice."""
    root = Path(os.environ.get("UGCBENCH_UGC_VIDEOCAP", "../shared/ugc-videocap"))
    gold = root / "omni_bench_qa" / "benchmark_qa" / "final_caption_qa.json"
    captions = root / "results" / "omni_infer_caption_result" / "gemini_2.5_flash.jsonl"
    if not captions.is_file():
        return "made captions", make_pairs()
    samples = json.loads(gold.read_text(encoding="utf-8"))["samples"]
    references = {sample["video_id"]: sample["answer"] for sample in samples}
    rows = map(json.loads, captions.read_text(encoding="utf-8").splitlines())
    found = [(row["video_id"], row["caption"]) for row in rows if row["caption"]]
    return "recorded captions", [
        (references[video], text) for video, text in found if video in references
    ]


def make_pairs() -> list[Pair]:
    """Texts of 190 words in sentences of 20."""
    rng = random.Random(0)
    known = sorted(load_coefficients().idf.words)

    def write() -> str:
        words = rng.choices(known, k=190)
        return " ".join(word + ("." if at % 20 == 19 else "") for at, word in enumerate(words))

    return [(write(), write()) for _ in range(ROUNDS * PAIRS)]


def measure(judge: Callable[[str, str], object], pairs: list[Pair]) -> float:
    """CPU milliseconds a pair."""
    start = time.process_time()
    for reference, prediction in pairs:
        judge(reference, prediction)
    return (time.process_time() - start) / len(pairs) * 1000


if __name__ == "__main__":
    main()
