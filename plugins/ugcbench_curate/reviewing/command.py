"""How is `ugcbench data review` typed?"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ugcbench.commands.names import style_option
from ugcbench.commands.printing import echo, echo_invitation
from ugcbench_curate.annotating.commands import annotations_argument
from ugcbench_curate.extras import require

if TYPE_CHECKING:
    from ugcbench_curate.reviewing.events import Role
    from ugcbench_curate.reviewing.procedure import Desk

ledger_option = click.option(
    "--ledger",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("review.sqlite"),
    show_default=True,
    metavar="FILE",
    help="The ledger of the review, on a disk of this machine.",
)
by_option = click.option(
    "--by",
    default="lead",
    show_default=True,
    metavar="ID",
    help="Your pseudonym in the ledger.",
)
drafts_option = click.option(
    "--allow-drafts", is_flag=True, help="Take what a model said and nobody confirmed."
)
batch_option = click.option("--batch", type=click.IntRange(1), metavar="N", help="Only this batch.")
person_options = (
    ledger_option,
    click.option(
        "--port",
        type=click.IntRange(0, 65535),
        default=0,
        metavar="N",
        help="By default, any free one.",
    ),
    click.option(
        "--videos",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        metavar="DIR",
        help="The folder of the clips, if it isn't that of the annotations any more.",
    ),
    click.option("--browser/--no-browser", default=True, help="Open the page."),
)


@click.group(short_help="Let people check annotations in batches.")
def review() -> None:
    """Let people check annotations in batches, and keep what passes.

    Each batch is marked by two reviewers who don't see each other's marks. Where they disagree, a
    third person decides. A batch with too many errors goes back to be mended and comes in again.
    All of it is kept in a ledger that only grows, and that several people of one machine may use at
    once.

    \b
    Examples:
      ugcbench data review init annotations.jsonl
      ugcbench data review serve --reviewer r1       # and r2, at the same time if they like
      ugcbench data review arbitrate --arbiter r3
      ugcbench data review status
      ugcbench data review returns --output mend.jsonl
      ugcbench data review repair mend.jsonl
      ugcbench data review export --output accepted.jsonl
    """


@review.command(short_help="Begin a review.")
@annotations_argument
@ledger_option
@click.option(
    "--batch-size",
    "batch",
    type=click.IntRange(1),
    default=50,
    show_default=True,
    metavar="N",
    help="Annotations in a batch; the last batch may have fewer.",
)
@click.option(
    "--reviewers",
    type=click.IntRange(2, 9),
    default=2,
    show_default=True,
    metavar="N",
    help="Who mark each batch.",
)
@click.option(
    "--max-error-rate",
    type=click.FloatRange(0, 1),
    default=0.03,
    show_default=True,
    metavar="SHARE",
    help="A batch with more errors is rejected.",
)
@click.option(
    "--per",
    type=click.Choice(["annotation", "component"]),
    default="annotation",
    show_default=True,
    help="Of what the error rate is the share that has a confirmed error.",
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    metavar="N",
    help="For the draw.",
)
@drafts_option
@by_option
@style_option
def init(annotations: Path, ledger: Path, **typed: Any) -> None:  # noqa: ANN401
    """Draw annotations (JSONL) into batches, and begin a ledger.

    The ledger holds the annotations as they are now; the clips stay where they are.

    \b
    Examples:
      ugcbench data review init annotations.jsonl
      ugcbench data review init annotations.jsonl --batch-size 20 --ledger second.sqlite
    """
    from ugcbench_curate.reviewing.events import Rules
    from ugcbench_curate.reviewing.intake import begin_review

    rules = Rules(**{name: typed[name] for name in Rules.model_fields})
    begin_review(annotations, ledger, rules, typed["by"], drafts=typed["allow_drafts"]).close()
    _show_standing(ledger, typed["style"])
    echo(f"go on with: ugcbench data review serve --ledger {ledger} --reviewer ID", err=True)


@review.command(short_help="Open the page on which a reviewer marks.")
@click.option("--reviewer", required=True, metavar="ID", help="Your pseudonym, such as r1.")
def serve(reviewer: str, **typed: Any) -> None:  # noqa: ANN401
    """Serve the page on which one reviewer marks batches, until Ctrl-C.

    It is served to this machine only, and opens with the printed address, which holds a key. Each
    reviewer starts a server of their own on the same ledger.

    \b
    Examples:
      ugcbench data review serve --reviewer r1
      ugcbench data review serve --reviewer r2 --ledger second.sqlite --port 8080 --no-browser
    """
    _serve(reviewer, "reviewer", **typed)


@review.command(short_help="Open the page on which disagreements are decided.")
@click.option("--arbiter", required=True, metavar="ID", help="Your pseudonym, such as r3.")
def arbitrate(arbiter: str, **typed: Any) -> None:  # noqa: ANN401
    """Serve the page on which a third person decides where reviewers disagree, until Ctrl-C.

    An arbiter is shown what each reviewer said, not who it was, and gets no batch that they
    reviewed themselves.

    \b
    Examples:
      ugcbench data review arbitrate --arbiter r3
    """
    _serve(arbiter, "arbiter", **typed)


for option in person_options:
    serve, arbitrate = option(serve), option(arbitrate)


@review.command(short_help="Show how far each batch is.")
@ledger_option
@style_option
def status(ledger: Path, style: str) -> None:
    """Show who is how far with which batch; tells nothing of what anybody marked.

    Batch 2.1 is batch 2 as it first came in, 2.2 after it was mended once.

    \b
    Examples:
      ugcbench data review status
      ugcbench data review status --format json
    """
    _show_standing(ledger, style)


@review.command(short_help="Write rejected annotations, to be mended.")
@ledger_option
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    metavar="FILE",
    help="JSONL; what is wrong stands beside it in NAME.review.json.",
)
@batch_option
@style_option
def returns(ledger: Path, output: Path, batch: int | None, style: str) -> None:
    """Write the annotations of rejected batches, and what was found wrong with them.

    \b
    Examples:
      ugcbench data review returns --batch 2 --output mend.jsonl
    """
    from ugcbench_curate.reviewing.exports import export_rejected
    from ugcbench_curate.reviewing.tables import show_errors

    with _desk(ledger) as desk:
        record = export_rejected(desk, output, batch)
    echo(record.model_dump_json(indent=2) if style == "json" else show_errors(record))
    then = f"ugcbench data review repair {output} --ledger {ledger}"
    echo(f"mend them in {output}, then: {then}", err=True)


@review.command(short_help="Take mended batches back in.")
@annotations_argument
@ledger_option
@drafts_option
@by_option
@style_option
def repair(annotations: Path, ledger: Path, by: str, style: str, *, allow_drafts: bool) -> None:
    """Take mended annotations (JSONL) in, as the next revisions of batches that were rejected.

    What isn't in the file stays as it was, and a batch without a change stays rejected. Each
    revision is reviewed as a whole again.

    \b
    Examples:
      ugcbench data review repair mend.jsonl
    """
    from ugcbench_curate.reviewing.intake import take_back

    with _desk(ledger) as desk:
        revisions = take_back(desk, annotations, by, drafts=allow_drafts)
    for revision in revisions:
        echo(f"batch {revision.name} is to be reviewed", err=True)
    _show_standing(ledger, style)


@review.command(short_help="Free the seat of somebody who won't come back.")
@ledger_option
@click.option(
    "--batch", type=click.IntRange(1), required=True, metavar="N", help="The batch by its number."
)
@click.option("--person", required=True, metavar="ID", help="Who has the seat.")
@by_option
def release(ledger: Path, batch: int, person: str, by: str) -> None:
    """Free a seat for somebody else; what was marked there stays in the ledger and counts no more.

    Marks that are handed in stay.

    \b
    Examples:
      ugcbench data review release --batch 2 --person r1
    """
    with _desk(ledger) as desk:
        desk.release(by, batch, person)
    echo(f"the seat of {person} at batch {batch} is free", err=True)


@review.command(short_help="Tell errors, agreement and outcome.")
@ledger_option
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    metavar="N",
    help="For the intervals.",
)
@style_option
def report(ledger: Path, seed: int, style: str) -> None:
    """Tell what came of each revision, the errors by kind, and how far reviewers agree.

    Cohen's kappa and Krippendorff's alpha are of the marks before arbitration, alpha with a 95 %
    bootstrap interval over annotations. The whole ledger is verified on the way.

    \b
    Examples:
      ugcbench data review report
      ugcbench data review report --format json > report.json
    """
    require("measuring agreement", "sklearn", "krippendorff")
    from ugcbench_curate.reviewing.reports import report_review
    from ugcbench_curate.reviewing.tables import show_report

    with _desk(ledger) as desk:
        found = report_review(desk, seed=seed)
    echo(found.model_dump_json(indent=2) if style == "json" else show_report(found))


@review.command("log", short_help="Show who did what, and when.")
@ledger_option
@style_option
def log(ledger: Path, style: str) -> None:
    """Show the audit trail: every event in order, by pseudonym, with its time in UTC.

    Marks are shown once all reviewers of the revision have handed in.

    \b
    Examples:
      ugcbench data review log
    """
    from ugcbench_curate.reviewing.reports import trace
    from ugcbench_curate.reviewing.tables import show_trail

    with _desk(ledger) as desk:
        lines = list(trace(desk))
    echo(json.dumps(lines, indent=2) if style == "json" else show_trail(lines))


@review.command(short_help="Write the annotations that passed.")
@ledger_option
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    metavar="FILE",
    help="JSONL; the record of their review stands beside it in NAME.review.json.",
)
@click.option(
    "--faulty", is_flag=True, help="Those too in which an error was confirmed, in accepted batches."
)
@style_option
def export(ledger: Path, output: Path, style: str, *, faulty: bool) -> None:
    """Write the annotations of accepted batches, and who reviewed them.

    \b
    Examples:
      ugcbench data review export --output accepted.jsonl
      ugcbench data build accepted.jsonl --output my-benchmark
    """
    from ugcbench_curate.reviewing.exports import export_accepted
    from ugcbench_curate.reviewing.tables import show_errors

    with _desk(ledger) as desk:
        record = export_accepted(desk, output, faulty=faulty)
    echo(record.model_dump_json(indent=2) if style == "json" else show_errors(record))
    if record.left_out:
        echo(
            f"{len(record.left_out)} with a confirmed error are left out; --faulty takes them",
            err=True,
        )


def _serve(
    person: str,
    role: Role,
    *,
    ledger: Path,
    port: int,
    videos: Path | None,
    browser: bool,
) -> None:
    require("the review page", "starlette", "jinja2", "uvicorn")
    from ugcbench.pages.serving import serve as run
    from ugcbench_curate.reviewing.pages.app import Pages
    from ugcbench_curate.reviewing.procedure import check_pseudonym

    def tell(address: str) -> None:
        echo_invitation(f"{role} {person}: {address}")
        echo("Ctrl-C stops it; nothing is lost", err=True)
        if browser:
            click.launch(address)

    check_pseudonym(person)
    with _desk(ledger) as desk:
        pages = Pages(desk, person, role, media=videos or desk.media)
        run(pages.build(), port=port, told=tell)


@contextlib.contextmanager
def _desk(ledger: Path) -> Iterator[Desk]:
    from ugcbench_curate.reviewing.ledger import Ledger
    from ugcbench_curate.reviewing.procedure import Desk

    with Ledger(ledger) as opened:
        opened.verify()
        yield Desk(opened)


def _show_standing(ledger: Path, style: str) -> None:
    from ugcbench_curate.reviewing.reports import report_standing
    from ugcbench_curate.reviewing.tables import show_standing

    with _desk(ledger) as desk:
        standing = report_standing(desk)
    echo(standing.model_dump_json(indent=2) if style == "json" else show_standing(standing))
