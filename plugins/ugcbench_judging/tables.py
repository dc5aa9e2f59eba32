"""How is the agreement of a judge shown in a terminal?

Shares are in per cent, differences of scores in points on the scale of 0 to 100.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from ugcbench.rendering import OFFLINE_JUDGE, points, render, scaled
from ugcbench_judging.agreement import Agreement, RankAgreement, Retest
from ugcbench_judging.calibration import Calibration, Expense
from ugcbench_judging.gates import Gate
from ugcbench_judging.people import PeopleReport

Row = tuple[str, ...]
Measure = tuple[str, Callable[[Agreement], str]]
GATE_NAMES = {"shuffled": "captions of other clips", "gold": "the reference as caption"}


def show_calibration(calibration: Calibration) -> str:
    """Title, table and remarks of a calibration."""
    columns = dict(calibration.dimensions)
    if calibration.average is not None:
        columns["average"] = calibration.average
    rows = [
        *_agreement_rows(list(columns.values()), "anchor"),
        *_retest_rows(calibration.retest, list(columns)),
        *(_gate_row(gate, list(columns)) for gate in calibration.gates),
    ]
    title = (
        f"{calibration.judge} against {calibration.anchor} on {calibration.task}: "
        f"{calibration.size} of {calibration.anchor_size} answers by {len(calibration.systems)} "
        f"systems, protocol {calibration.protocol}@{calibration.protocol_hash}"
    )
    return f"{title}\n{_table(columns, rows)}\n" + "\n".join(_remarks(calibration))


def show_people(report: PeopleReport) -> str:
    """Title, table and remarks of an agreement with people."""
    found = report.dimensions.values()
    several = len(report.raters) > 1
    rows = list(_agreement_rows([each.median for each in found], "people"))
    if several:
        beside = {
            "judge and each person": [each.each for each in found],
            "two people": [each.people for each in found],
        }
        for who, concords in beside.items():
            rows += [
                (f"{who}: exact", *(_percent(each.exact) for each in concords)),
                (f"{who}: within one level", *(_percent(each.within_one) for each in concords)),
                (f"{who}: weighted kappa", *(_number(each.kappa) for each in concords)),
            ]
        rows.append(("Krippendorff's alpha of people", *(_number(each.alpha) for each in found)))
    title = (
        f"{report.judge} against the median of {len(report.raters)} "
        f"{'people' if several else 'person'} on {report.task}: {report.ratings} ratings"
    )
    text = f"{title}\n{_table(report.dimensions, rows)}"
    if report.left_out:
        text += f"\n{report.left_out} further ratings are about answers without a verdict"
    return text


def _agreement_rows(columns: Sequence[Agreement], other: str) -> Iterator[Row]:
    measures: list[Measure] = [
        ("answers", lambda found: str(found.n)),
        ("exact agreement", lambda found: _percent(found.exact)),
        ("within one level", lambda found: _percent(found.within_one)),
        ("quadratic-weighted kappa", lambda found: _number(found.kappa)),
        ("Krippendorff's alpha", lambda found: _number(found.alpha)),
        ("Spearman", lambda found: _number(found.spearman)),
        ("Spearman within a system", lambda found: _number(found.spearman_within)),
        ("bias", lambda found: points(scaled(found.bias), sign=True)),
    ]
    for name, measure in measures:
        yield (name, *map(measure, columns))
    for level in sorted({each.level for found in columns for each in found.bias_by_level}):
        yield (f"bias where {other} gave {level}", *(_bias_at(found, level) for found in columns))
    yield ("Kendall's tau of systems", *(_tau(found.rank) for found in columns))
    yield ("tau's 95 % interval", *(_tau_interval(found.rank) for found in columns))


def _retest_rows(retests: Mapping[str, Retest], columns: Sequence[str]) -> Iterator[Row]:
    if not retests:
        return
    found = [retests.get(name) for name in columns]
    yield ("asked again: the same level", *(_percent(each.exact) if each else "" for each in found))
    difference = (points(scaled(each.difference)) if each else "" for each in found)
    yield ("asked again: mean difference", *difference)
    yield (
        "asked again: Krippendorff's alpha",
        *(_number(each.alpha) if each else "" for each in found),
    )


def _gate_row(gate: Gate, columns: Sequence[str]) -> Row:
    sign = (
        "\N{LESS-THAN OR EQUAL TO}" if gate.kind == "shuffled" else "\N{GREATER-THAN OR EQUAL TO}"
    )
    name = f"{GATE_NAMES[gate.kind]} (must be {sign} {100 * gate.bound:g})"
    return (name, *(points(scaled(gate.means[c])) if c in gate.means else "" for c in columns))


def _table(columns: Mapping[str, object], rows: Sequence[Row]) -> str:
    return render(("measure", *columns), rows, "table", left=("measure",))


def _remarks(calibration: Calibration) -> Iterator[str]:
    failed = [gate for gate in calibration.gates if not gate.passed]
    for gate in failed:
        yield f"FAILED the sanity gate: {GATE_NAMES[gate.kind]} (see the table)"
    if calibration.gates and not failed:
        yield "passed both sanity gates"
    if not calibration.gates:
        yield "the sanity gates need answers about two clips; they were left out"
    yield from _failures(calibration)
    if not calibration.comparable:
        yield OFFLINE_JUDGE.removeprefix("* ")
    yield _expense(calibration.expense)


def _failures(calibration: Calibration) -> Iterator[str]:
    groups = {
        "the answers": calibration.statuses,
        "the repeats": calibration.repeat_statuses,
        "the gates": calibration.gate_statuses,
    }
    for where, statuses in groups.items():
        lost = {status: count for status, count in statuses.items() if status != "ok"}
        if lost:
            counts = ", ".join(f"{status} {count}" for status, count in lost.items())
            share = 1 - sum(lost.values()) / sum(statuses.values())
            yield f"no verdict for some of {where}: {counts} (coverage {share:.1%})"
    if any(status not in ("ok", "malformed") for found in groups.values() for status in found):
        yield "what failed is asked again by typing the same; replies that can't be read are kept"


def _expense(expense: Expense) -> str:
    parts = [f"{expense.verdicts} verdicts are stored"]
    if expense.seconds is not None:
        parts.append(f"{1000 * expense.seconds:.0f} ms each")
    if expense.input_tokens is not None and expense.output_tokens is not None:
        parts.append(f"{expense.input_tokens:,} tokens in and {expense.output_tokens:,} out")
    if expense.usd is not None and expense.usd_per_thousand is not None:
        parts.append(f"{expense.usd:.4f} USD ({expense.usd_per_thousand:.2f} USD for a thousand)")
    return ", ".join(parts)


def _bias_at(found: Agreement, level: int) -> str:
    biases = [each.bias for each in found.bias_by_level if each.level == level]
    return points(100 * biases[0], sign=True) if biases else ""


def _tau(rank: RankAgreement | None) -> str:
    return "-" if rank is None else f"{rank.tau:.2f}"


def _tau_interval(rank: RankAgreement | None) -> str:
    if rank is None or rank.low is None or rank.high is None:
        return ""
    return f"{rank.low:.2f} to {rank.high:.2f}"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
