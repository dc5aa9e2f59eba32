"""How fast is on-screen-text scoring, and is it identical to a plain loop over rouge-score?

    python benchmarks/scoring.py

Four systems' answers to the same gold: the released ones where they are at hand
(`UGCBENCH_UGC_VIDEOCAP`, or `../shared/ugc-videocap`), otherwise made ones. The plain loop calls
`RougeScorer` and a plain BLEU-1 on the same texts, and tokenises the gold for each system anew.
Times are CPU seconds. Fails if a part differs by more than 1e-12.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from rouge_score.rouge_scorer import RougeScorer
from tabulate import tabulate

from ugcbench.scorers import ngram, ocr_answers, tokens
from ugcbench.scorers.ngram import NgramScorer
from ugcbench.types import Prediction, Sample, Score

Row = tuple[tuple[str, ...], str]
Parts = dict[str, float]

VARIANT = "ocr-keep-empty"
ROUGES = ("rouge1", "rouge2", "rougeL")
RECORDED = ("gemini-2.5-flash", "ocr_omni3b", "gemma_e4b_ocr_output")


def main() -> None:
    """Measure and print."""
    systems = load_systems()
    compare_with_plain_loop(systems)
    share_time_by_part([row for rows in systems.values() for row in rows])
    try_two_processes(systems)


def compare_with_plain_loop(systems: dict[str, list[Row]]) -> None:
    """Scores system after system, so that from the second on the gold's tokens are known."""
    rouge, table, worst = RougeScorer(ROUGES, use_stemmer=True), [], 0.0
    for name, rows in systems.items():
        ours, seconds = clock(lambda rows=rows: score_all(rows))
        plain, plain_seconds = clock(lambda rows=rows: [score_plainly(rouge, row) for row in rows])
        for score, parts in zip(ours, plain, strict=True):
            worst = max(worst, *(abs(score.parts[part] - parts[part]) for part in parts))
        table.append([name, len(rows), seconds, plain_seconds])
    table.append([f"all {len(systems)}", *(sum(row[i] for row in table) for i in range(1, 4))])
    for row in table:
        _, n, seconds, plain_seconds = row
        row += [n / seconds, plain_seconds / seconds]
    headers = ["system", "n", "NgramScorer s", "plain loop s", "samples/s", "times faster"]
    print(tabulate(table, headers, floatfmt=".2f"))
    print(f"\nlargest difference in any part: {worst:.1e}\n")
    if worst > 1e-12:
        sys.exit("the parts differ from those of the plain loop")


def share_time_by_part(rows: list[Row]) -> None:
    """Times each station alone, with the golds and words of a first pass known."""
    _, reading = clock(lambda: [ocr_answers.keep_empty(text) for _, text in rows])
    ours, tokenising = clock(lambda: [ngram.tokenise(VARIANT, text) for _, text in rows])
    seconds = {"read": reading, "tokenise, stem": tokenising - reading}
    golds = [ngram.tokenise_gold(VARIANT, gold) for gold, _ in rows]
    pairs = list(zip(golds, ours, strict=True))
    stations: dict[str, Callable[[ngram.Tokens, ngram.Tokens], float]] = {
        "bleu1": lambda gold, mine: ngram.unigram_precision(gold.words, mine.words),
        "rouge1": lambda gold, mine: ngram.rouge_n(gold.stems, mine.stems, 1),
        "rouge2": lambda gold, mine: ngram.rouge_n(gold.stems, mine.stems, 2),
        "rougeL": lambda gold, mine: ngram.rouge_l(gold.stems, mine.stems),
    }
    for name, station in stations.items():
        seconds[name] = clock(lambda station=station: [station(*pair) for pair in pairs])[1]
    total = clock(lambda: score_all(rows))[1]
    seconds["the rest"] = total - sum(seconds.values())
    table = [[name, spent, 100 * spent / total] for name, spent in seconds.items()]
    print(tabulate(table, ["part", "s", "% of the time"], floatfmt=(".0f", ".3f", ".1f")), "\n")


def try_two_processes(systems: dict[str, list[Row]]) -> None:
    """Wall seconds for all systems in one process against two, started or already warm."""
    jobs = list(systems.values())
    start = time.perf_counter()
    for rows in jobs:
        score_all(rows)
    alone = time.perf_counter() - start
    table = [["one process", alone, 1.0]]
    start = time.perf_counter()
    with ProcessPoolExecutor(2) as pool:
        for label in ("two, with their start", "two, warm"):
            list(pool.map(score_all, jobs))
            spent = time.perf_counter() - start
            table.append([label, spent, alone / spent])
            start = time.perf_counter()
    print(tabulate(table, ["all systems", "wall s", "times faster"], floatfmt=".2f"))


def score_all(rows: Iterable[Row]) -> list[Score]:
    """Every row by the scorer itself."""
    scorer = NgramScorer(VARIANT)

    async def run() -> list[Score]:
        return [
            await scorer.score(
                Sample(id="s", clip="c", media=None, answer=gold),
                Prediction(task="ocr", sample_id="s", text=text),
            )
            for gold, text in rows
        ]

    return asyncio.run(run())


def score_plainly(rouge: RougeScorer, row: Row) -> Parts:
    """One row by rouge-score, and BLEU-1 as it is defined."""
    gold, predicted = texts_of(row)
    parts = {name: found.fmeasure for name, found in rouge.score(gold, predicted).items()}
    ours, theirs = tokens.ascii_words(predicted), Counter(tokens.ascii_words(gold))
    matched = sum((Counter(ours) & theirs).values())
    return {**parts, "bleu1": matched / len(ours) if ours else 0.0}


def texts_of(row: Row) -> tuple[str, str]:
    """The gold and the predicted text that the variant compares."""
    return " ".join(row[0]).lower(), ocr_answers.keep_empty(row[1])


def clock(work: Callable[[], list]) -> tuple[list, float]:
    """What `work` returns, and its CPU seconds."""
    start = time.process_time()
    found = work()
    return found, time.process_time() - start


def load_systems() -> dict[str, list[Row]]:
    """Four systems over one gold; as many of them recorded as there are files."""
    here = Path(__file__).resolve().parents[2] / "shared" / "ugc-videocap"
    folder = Path(os.environ.get("UGCBENCH_UGC_VIDEOCAP") or here) / "results" / "ocr"
    systems = {
        name: read_rows(path) for name in RECORDED if (path := folder / f"{name}.jsonl").is_file()
    }
    golds = [gold for gold, _ in next(iter(systems.values()), [])] or make_golds(826)
    for index in range(4 - len(systems)):
        systems[f"made {index + 1}"] = [
            (gold, garble(gold, seed)) for seed, gold in enumerate(golds, index * 1000)
        ]
    return systems


def read_rows(path: Path) -> list[Row]:
    """The gold and the answer of each line of a released file."""
    rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return [(tuple(r["ocr"]), ocr_answers.text_of_recorded(r["predict_ocr"])) for r in rows]


def make_golds(n: int) -> list[tuple[str, ...]]:
    """Texts of some 25 words, the words drawn by a Zipf-like law from 5,000 made ones."""
    draw = random.Random(0)
    syllables = [a + b for a in "bdfghklmnprstvw" for b in ("a", "e", "ing", "ed", "o", "ies")]
    words = ["".join(draw.choices(syllables, k=draw.randint(1, 3))) for _ in range(5000)]
    weights = [1 / (rank + 1) for rank in range(5000)]
    return [
        tuple(
            " ".join(draw.choices(words, weights, k=draw.randint(1, 10))) for _ in range(1, lines)
        )
        for lines in draw.choices(range(2, 9), k=n)
    ]


def garble(gold: tuple[str, ...], seed: int) -> str:
    """The gold as a model might report it: words lost and misread, lines repeated, in JSON."""
    draw = random.Random(seed)
    lines = []
    for line in gold:
        kept = [w[::-1] if draw.random() < 0.1 else w for w in line.split() if draw.random() < 0.9]
        lines += [" ".join(kept).upper()] * draw.choice((1, 1, 1, 2, 8))
    return json.dumps({"ocr": lines}, indent=1)


if __name__ == "__main__":
    main()
