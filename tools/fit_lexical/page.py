"""How does the calibration read as a page of the docs?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tabulate import tabulate

from tools.fit_lexical.recorded import DIMENSIONS
from ugcbench_models.lexical.levels import Coefficients

HELD_OUT = {
    "system and video": "Systems and videos held out at once",
    "system": "Systems held out",
    "video": "Videos held out",
}

KINDS = {
    "recorded": "the recorded captions",
    "gold": "the gold, handed in as a caption",
    "other clip": "the same system's caption of another clip",
    "heap": "the gold's words in random order",
    "pile": "captions of six other clips, one after the other",
    "said three times": "a recorded caption, three times over",
    "with a plea": "a recorded caption that asks the judge for full marks (in phrases it knows)",
    "with frequent words": "a recorded caption with sixty words that most captions hold",
}

TEXT = """# How far the offline judge is off

This page is written by `python -m tools.fit_lexical CHECKOUT`; edit `tools/fit_lexical/page.py`.

`--judge lexical` counts words: no network, no key, no cost. For captions its levels come from a
linear model over {features} features of gold and caption (which of the gold's words are found, by
rarity and by what they are about; what stands together; contradictions) and over {words} frequent
words of the gold, found or missed. It was fitted to the {pairs} verdicts that `{judge}`
gave on the captions of {systems} systems for {videos} videos. Every verdict names the version of
the coefficients as its model: `lexical-{version}`.

The figures below are for captions that the model was not fitted to. How rare a word is was counted
in the captions of the training videos, none of which is in the benchmark; all else that is fitted
is fitted anew in every fold ({folds} folds of videos). The features and the few parameters set by
hand were chosen while looking at such figures, so they are a little too good. The judge behind the
verdicts was asked once at temperature 1: what it would agree with itself is not known.

{tables}

*All* is Spearman's correlation over all captions, *within* its mean over the captions of each
system. *Exact*, *within one* and *kappa* (quadratic weights) compare whole levels, *bias* is the
mean difference in levels, *tau* is Kendall's between the systems' mean levels, with an interval
over videos. In brackets: before rounding to whole levels.

Plain word overlap (F1) correlates, all and within, with {overlap}.

## What it ranks wrong

Mean level by system, recorded and as judged with that system and the videos held out:

{means}

With {systems} systems Kendall's tau moves in steps of a third, and an interval over videos is none
over systems. Read the means instead.

## What it makes of texts that are no captions

Mean level out of 5, videos and systems held out:

{kinds}

## What it can't do

- It sees words, not meaning: a correct caption in other words gets little, a wrong one in the
  gold's words too much. Of two captions of one system it often can't tell which is better.
- It shrinks differences between systems that it has not seen, and can turn them round, above all
  between systems that write alike. Don't rank with it.
- It was fitted to English captions of about 200 words by one judge, who is about to be shut down.
  Short captions, other rubrics (`score`, background, objects, your own) and other languages are
  served too, but were measured against nobody. Of another language it doesn't know the common
  words, so that two unrelated short texts may share enough of them for a middle level.
- Optimised against, it will be fooled. The guards stop the crudest ways, not a patient one: as a
  reward it serves to start with, not to converge on.
"""


def write_page(model: Coefficients, report: Mapping[str, Any]) -> str:
    """The page, as markdown."""
    return TEXT.format(
        features=len(model.features),
        words=len(model.words),
        pairs=f"{report['pairs']:,}",
        judge=report["judge"],
        systems=len(report["systems"]),
        videos=report["videos"],
        version=model.version,
        folds=report["folds"],
        tables="\n\n".join(
            f"## {title}\n\n{_agreement(report['held_out'][name])}"
            for name, title in HELD_OUT.items()
        ),
        overlap=", ".join(
            f"{name} {whole:.2f} and {within:.2f}"
            for name, (whole, within) in report["overlap"].items()
        ),
        means=_means(report["held_out"]["system and video"], report["systems"]),
        kinds=_table(
            ("text", *DIMENSIONS),
            ((KINDS[kind], *_levels(row)) for kind, row in report["kinds"].items()),
        ),
    )


def _agreement(dimensions: Mapping[str, Any]) -> str:
    header = ("", "all", "within", "exact", "within one", "kappa", "bias", "tau")
    return _table(header, (_row(name, found) for name, found in dimensions.items()))


def _row(name: str, found: Mapping[str, Any]) -> Sequence[str]:
    raw, rank = found["before_rounding"], found["rank"]
    return (
        name,
        f"{found['spearman']:.2f} ({raw['spearman']:.2f})",
        f"{found['spearman_within']:.2f} ({raw['spearman_within']:.2f})",
        f"{found['exact']:.0%}",
        f"{found['within_one']:.0%}",
        f"{found['kappa']:.2f}",
        f"{5 * found['bias']:+.2f}",
        f"{rank['tau']:.2f} ({rank['low']:.2f} to {rank['high']:.2f})",
    )


def _means(dimensions: Mapping[str, Any], systems: Sequence[str]) -> str:
    rows = (
        (
            system,
            *("{:.2f} / {:.2f}".format(*dimensions[name]["means"][system]) for name in DIMENSIONS),
        )
        for system in systems
    )
    return _table(("system", *DIMENSIONS), rows)


def _levels(row: Mapping[str, float]) -> list[str]:
    return [f"{row[name]:.2f}" for name in DIMENSIONS]


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return str(tabulate(rows, header, tablefmt="github", disable_numparse=True))
