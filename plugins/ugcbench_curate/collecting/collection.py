"""How do the clips of a folder become a list of those that are fit, and a report on all?

measures.jsonl    what was measured, by content: appended clip by clip, so nothing is done twice
report.jsonl      a `Verdict` a line, in the order of the clips
clips.jsonl       the kept clips as annotations in which nothing is known yet
kept.txt          the paths of the kept clips, a list that can be collected from again
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import filelock

from ugcbench.errors import RunLockedError
from ugcbench.store import Log, replace_text
from ugcbench_curate.annotating.files import dump_annotation
from ugcbench_curate.annotations import Annotation
from ugcbench_curate.collecting.measuring import (
    METHOD,
    Measures,
    hash_file,
    key_of_measures,
    measure,
)
from ugcbench_curate.collecting.offers import Offer, find_offers
from ugcbench_curate.collecting.sifting import Rules, Verdict, sift


class Watcher(Protocol):
    """Who wants to see it go on; `ugcbench.commands.notices.Notices` is one."""

    def begin(self, stage: str, total: int) -> None:
        """A stage of so many steps begins."""
        ...

    def step(self) -> None:
        """One step is done."""
        ...

    def notice(self, text: str) -> None:
        """Something is worth knowing."""
        ...


@dataclass(frozen=True, slots=True)
class Collection:
    """The verdicts on all clips, and how many of their contents had to be measured now."""

    verdicts: tuple[Verdict, ...]
    measured: int

    @property
    def kept(self) -> tuple[Verdict, ...]:
        """The clips that are fit."""
        return tuple(verdict for verdict in self.verdicts if verdict.kept)

    @property
    def reasons(self) -> Mapping[str, int]:
        """How many clips fall out for which reason, the commonest first."""
        found = Counter(v.reason for v in self.verdicts if v.reason is not None)
        return {str(reason): count for reason, count in found.most_common()}


def collect(
    source: Path, output: Path, rules: Rules, watcher: Watcher, *, jobs: int | None = None
) -> Collection:
    """Sift the clips of a folder or a list and write the files above into `output`.

    `jobs` clips are measured at a time, by default as many as there are cores. May be stopped at
    any time and typed again. Raises `DatasetError` if there is no clip, `RunLockedError` if another
    process collects into `output`.
    """
    offers = find_offers(source)
    if offers.others:
        watcher.notice(f"files passed over, as by their names they are no clips: {offers.others}")
    output.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(output / "lock", blocking=False)
    try:
        with lock:
            contents = _hash_all(offers.clips, watcher, jobs)
            measures, fresh = _measure_all(contents, output, rules.max_seconds, watcher, jobs)
            by_id = {o.id: measures[sha] for o, sha in contents.items() if sha is not None}
            verdicts = sift(offers.clips, by_id, rules)
            _write(verdicts, output)
    except filelock.Timeout as error:
        raise RunLockedError(
            f"another process is collecting into {output}; wait, or choose another --output"
        ) from error
    return Collection(verdicts, fresh)


def _hash_all(
    offers: Sequence[Offer], watcher: Watcher, jobs: int | None
) -> dict[Offer, str | None]:
    watcher.begin("reading", len(offers))
    found = {}
    with ThreadPoolExecutor(jobs or _cores()) as pool:
        for offer, sha256 in zip(
            offers, pool.map(hash_file, (o.path for o in offers)), strict=True
        ):
            found[offer] = sha256
            watcher.step()
    return found


def _measure_all(
    contents: Mapping[Offer, str | None],
    output: Path,
    max_seconds: float,
    watcher: Watcher,
    jobs: int | None,
) -> tuple[dict[str, Measures], int]:
    """The measurements of each content, and how many of them are new."""
    log = Log(output / "measures.jsonl", key_of_measures)
    for notice in log.notices:
        watcher.notice(notice)
    paths = {sha: offer.path for offer, sha in contents.items() if sha is not None}
    known = {sha: line for sha in paths if (line := log.get(f"{sha} {METHOD}")) is not None}
    found = {sha: Measures.model_validate(line) for sha, line in known.items()}
    absent = {sha: path for sha, path in paths.items() if sha not in found}
    watcher.begin("clips", len(absent))
    try:
        for measures in _measure_in_threads(absent, max_seconds, jobs or _cores()):
            found[measures.sha256] = measures
            if not measures.headers_only:  # whether it is opened depends on the rules
                log.append(measures)
            watcher.step()
    finally:
        log.close()
    return found, len(absent)


def _measure_in_threads(
    paths: Mapping[str, Path], max_seconds: float, jobs: int
) -> Iterator[Measures]:
    """Measurements as they are finished; what is queued is dropped if the caller breaks off."""
    pool = ThreadPoolExecutor(jobs, thread_name_prefix="collect")
    try:
        tasks = [pool.submit(measure, path, sha, max_seconds) for sha, path in paths.items()]
        for task in as_completed(tasks):
            yield task.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _write(verdicts: Sequence[Verdict], output: Path) -> None:
    kept = [verdict for verdict in verdicts if verdict.kept]
    replace_text(output / "report.jsonl", _lines([v.model_dump_json() for v in verdicts]))
    replace_text(output / "clips.jsonl", _lines([_to_annotation(v, output) for v in kept]))
    replace_text(output / "kept.txt", _lines([_relative(v.path, output) for v in kept]))


def _to_annotation(verdict: Verdict, output: Path) -> str:
    media = _relative(verdict.path, output)
    annotation = Annotation(id=verdict.id, media=media, sha256=verdict.sha256)
    return dump_annotation(annotation)


def _relative(path: str, folder: Path) -> str:
    return os.path.relpath(Path(path).absolute(), folder.absolute())


def _lines(texts: Sequence[str]) -> str:
    return "".join(f"{text}\n" for text in texts)


def _cores() -> int:
    known = hasattr(os, "sched_getaffinity")  # not on macOS
    return min(len(os.sched_getaffinity(0)) if known else os.cpu_count() or 1, 8)
