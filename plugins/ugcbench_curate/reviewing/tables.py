"""How is a review shown in a terminal?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ugcbench.rendering import render
from ugcbench_curate.reviewing.agreement import Agreement, Alpha, CriterionAgreement
from ugcbench_curate.reviewing.exports import Reviewed, ReviewRecord
from ugcbench_curate.reviewing.reports import BatchStanding, ReviewReport, SeatStanding, Standing

Row = tuple[str, ...]
SHOWN = 20
BATCH_HEADERS = ("batch", "annotations", "status", "reviewers", "disagreements", "errors", "rate")


def show_standing(standing: Standing) -> str:
    """Title and a row for each batch."""
    rules = standing.rules
    counts = ", ".join(f"{count} {status}" for status, count in standing.annotations.items())
    title = (
        f"{standing.source}: {counts}; batches of {rules.batch}, {rules.reviewers} reviewers each, "
        f"rejected if more than {100 * rules.max_error_rate:.3g} % of the {rules.per}s have "
        "an error"
    )
    return f"{title}\n{_batches(standing.batches)}"


def show_report(report: ReviewReport) -> str:
    """Every revision, the errors by kind, the agreement."""
    parts = [
        show_standing(report.standing.model_copy(update={"batches": report.revisions})),
        _errors(report),
        _agreement(report.agreement),
        f"{report.events} events, {len(report.people)} reviewers and arbiters; the ledger is as it "
        f"was written, its last line {report.digest}",
    ]
    return "\n".join(part for part in parts if part)


def show_errors(record: ReviewRecord) -> str:
    """How many annotations were written, and what was found wrong with which."""
    faulty = [each for each in (*record.annotations, *record.left_out) if each.errors]
    rows = [row for each in faulty for row in _error_rows(each)]
    title = f"{len(record.annotations)} annotations, {len(faulty)} with a confirmed error"
    if not rows:
        return title
    headers = ("annotation", "batch", "component", "errors", "notes")
    more = f"\n... and {len(rows) - SHOWN} more; --format json has all" * (len(rows) > SHOWN)
    return f"{title}\n{render(headers, rows[:SHOWN], 'table', left=headers)}{more}"


def show_trail(lines: Sequence[Mapping[str, Any]]) -> str:
    """A row for each event."""
    headers = ("event", "when (UTC)", "who", "what", "batch", "details")
    rows = [
        (
            str(line["number"]),
            line["at"].removesuffix("+00:00"),
            line["person"],
            line["event"]["kind"].replace("_", " "),
            _batch_of(line["event"]),
            _detail(line["event"]),
        )
        for line in lines
    ]
    return render(headers, rows, "table", left=headers[1:])


def _batches(batches: Sequence[BatchStanding]) -> str:
    rows = [
        (
            f"{each.batch}.{each.revision}",
            str(each.annotations),
            each.status,
            ", ".join(map(_seat, each.seats)),
            "-" if each.disagreements is None else str(each.disagreements),
            "-" if each.errors is None else f"{each.errors} of {each.units}",
            "-" if each.error_rate is None else f"{each.error_rate:.1%}",
        )
        for each in batches
    ]
    return render(BATCH_HEADERS, rows, "table", left=("batch", "status", "reviewers"))


def _seat(seat: SeatStanding) -> str:
    done = "done" if seat.handed_in else f"{seat.marked}/{seat.of}"
    return f"{seat.person} {done}" + (" (arbiter)" if seat.role == "arbiter" else "")


def _errors(report: ReviewReport) -> str:
    kinds = sorted({kind for counts in report.errors.values() for kind in counts})
    if not kinds:
        return ""
    rows = [
        (component, *(str(counts.get(kind, 0)) for kind in kinds))
        for component, counts in report.errors.items()
    ]
    headers = ("confirmed errors", *(kind.replace("_", " ") for kind in kinds))
    return render(headers, rows, "table", left=headers[:1])


def _agreement(agreement: Agreement) -> str:
    if not agreement.criteria:
        return "agreement: no revision has been marked by all of its reviewers yet"
    headers = ("agreement on", "units", "faults", "equal", "Cohen's kappa", "Krippendorff's alpha")
    rows: list[Row] = [_criterion(each) for each in agreement.criteria]
    rows += [
        (
            " and ".join(pair.reviewers),
            str(pair.units),
            "",
            f"{pair.exact:.1%}",
            _number(pair.kappa),
            "",
        )
        for pair in agreement.pairs
    ]
    return render(headers, rows, "table", left=headers[:1])


def _criterion(each: CriterionAgreement) -> Row:
    return (
        each.criterion + (f", {each.component}" if each.component else ""),
        str(each.units),
        f"{each.faults:.1%}",
        f"{each.exact:.1%}",
        _number(each.kappa),
        _alpha(each.alpha),
    )


def _alpha(alpha: Alpha) -> str:
    if alpha.low is None or alpha.high is None:
        return _number(alpha.value)
    return f"{_number(alpha.value)} ({alpha.low:.2f} to {alpha.high:.2f})"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _error_rows(reviewed: Reviewed) -> Iterator[Row]:
    for component, marks in reviewed.errors.items():
        kinds = {kind.replace("_", " ") for mark in marks for kind in mark.errors}
        kinds |= {"unclear" for mark in marks if not mark.clear}
        notes = "; ".join(dict.fromkeys(mark.note for mark in marks if mark.note))
        where = f"{reviewed.batch}.{reviewed.revision}"
        yield reviewed.id, where, component, ", ".join(sorted(kinds)), notes


def _batch_of(event: Mapping[str, Any]) -> str:
    return f"{event['batch']}.{event['revision']}" if "batch" in event else ""


def _detail(event: Mapping[str, Any]) -> str:
    match event["kind"]:
        case "opened":
            return f"{event['source']}, SHA-256 {event['source_sha256'][:12]}"
        case "submitted":
            return f"{len(event['annotations'])} annotations"
        case "claimed":
            return str(event["role"])
        case "released":
            return str(event["person"])
        case "marked":
            return f"{event['annotation']}: {_marks(event['marks'])}"
        case "undone":
            return f"event {event['undoes']}"
        case "decided":
            outcome = "accepted" if event["accepted"] else "rejected"
            return f"{outcome}, {event['errors']} of {event['units']} with a confirmed error"
    return ""


def _marks(marks: Sequence[str] | Mapping[str, Mapping[str, Any]]) -> str:
    if not isinstance(marks, Mapping):
        return ", ".join(marks)
    words = []
    for component, mark in marks.items():
        faults = [*mark["errors"], *([] if mark["clear"] else ["unclear"])]
        words.append(f"{component} {'+'.join(faults) or 'fine'}")
    return ", ".join(words)
