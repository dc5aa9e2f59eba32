"""Batches, marks and decisions, up to a whole review by script."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from reviewed_clips import (
    OMISSION,
    UNCLEAR,
    UNTRUE,
    annotate,
    judge,
    said,
    say_fine,
    work,
    write,
)

from ugcbench.errors import DatasetError, UsageError
from ugcbench_curate.annotating.files import read_annotations
from ugcbench_curate.annotations import Annotation, Heard, Provenance, Said
from ugcbench_curate.reviewing.batches import Revision, Seat
from ugcbench_curate.reviewing.decisions import confirmed_errors, decide, find_disagreements
from ugcbench_curate.reviewing.events import FINE, Mark, Rules
from ugcbench_curate.reviewing.exports import export_accepted, export_rejected, record_path
from ugcbench_curate.reviewing.intake import begin_review, take_back
from ugcbench_curate.reviewing.procedure import Desk, ReviewError
from ugcbench_curate.reviewing.reports import report_review, report_standing, trace

ALL_FINE = {"audio": FINE, "visual": FINE, "joint": FINE}


@pytest.fixture
def begin(tmp_path):
    """Begins a review of annotations; returns its desk."""
    opened = []

    def call(annotations, **rules):
        source = write(tmp_path / "annotations.jsonl", annotations)
        opened.append(begin_review(source, tmp_path / "review.sqlite", Rules(**rules), "lead"))
        return Desk(opened[-1])

    yield call
    for ledger in opened:
        ledger.close()


def statuses(desk):
    return [batch.status for batch in report_standing(desk).batches]


def test_a_review_goes_through_rejection_repair_arbitration_and_acceptance(begin, tmp_path):
    plan = [f"clip-{n:03}" for n in range(120)]
    desk = begin([annotate(n, tmp_path) for n in range(120)], seed=5)
    batches = [list(batch.annotations) for batch in desk.review().current()]
    assert [len(batch) for batch in batches] == [50, 50, 20]
    assert sorted(name for batch in batches for name in batch) == plan
    # Errors are planted where the draw put the annotations: 2 of 50 (4 %), 1 of 50 (2 %),
    # and 1 of 20 (5 %), the last one overlooked by a reviewer.
    wrong = {batches[0][7]: ("audio",), batches[0][30]: ("visual", "joint")}
    wrong |= {batches[1][0]: ("joint",), batches[2][3]: ("visual",)}
    desk.ledger.close()
    (tmp_path / "review.sqlite").unlink()
    planted = [annotate(n, tmp_path, wrong=wrong.get(name, ())) for n, name in enumerate(plan)]
    desk = begin(planted, seed=5)

    assert work(desk, "r1", 1) is None
    assert work(desk, "r2", 1).accepted is False
    work(desk, "r2", 2)
    decided = work(desk, "r3", 2)
    assert (decided.accepted, decided.errors, decided.units) == (True, 1, 50)
    work(desk, "r1", 3)
    assert work(desk, "r3", 3, opinion=say_fine) is None
    assert statuses(desk) == ["rejected", "accepted", "in arbitration"]
    assert work(desk, "r2", 3, role="arbiter").accepted is False
    assert statuses(desk) == ["rejected", "accepted", "rejected"]

    for batch in (1, 3):
        mend = tmp_path / "mend" / f"{batch}.jsonl"
        record = export_rejected(desk, mend, batch)
        faulty = {each.id: tuple(each.errors) for each in record.annotations if each.errors}
        assert faulty == {name: wrong[name] for name in batches[batch - 1] if name in wrong}
        mended = [
            annotate(int(each.id[-3:]), mend.parent) if each.id in faulty else each
            for each in read_annotations(mend)
        ]
        assert [each.name for each in take_back(desk, write(mend, mended), "lead")] == [
            f"{batch}.2"
        ]
    assert statuses(desk) == ["in review", "accepted", "in review"]
    for batch in (1, 3):
        work(desk, "r1", batch)
        assert work(desk, "r4", batch).accepted is True
    assert statuses(desk) == ["accepted"] * 3

    output = tmp_path / "out" / "accepted.jsonl"
    record = export_accepted(desk, output)
    exported = read_annotations(output)
    assert sorted(each.id for each in exported) == sorted({*plan} - {batches[1][0]})
    assert all((output.parent / each.media).is_file() for each in exported)
    assert [each.id for each in record.left_out] == [batches[1][0]]
    assert json.loads(record_path(output).read_text())["digest"] == desk.ledger.verify()
    again = export_accepted(desk, tmp_path / "out" / "all.jsonl", faulty=True)
    assert len(again.annotations) == 120
    by_id = {each.id: each for each in again.annotations}
    assert by_id[batches[2][3]].reviewers == ("r1", "r4")
    assert by_id[batches[2][3]].revision == 2

    report = report_review(desk)
    outcome = [(r.batch, r.revision, r.status, r.errors, r.units) for r in report.revisions]
    assert outcome == [
        (1, 1, "rejected", 2, 50),
        (1, 2, "accepted", 0, 50),
        (2, 1, "accepted", 1, 50),
        (3, 1, "rejected", 1, 20),
        (3, 2, "accepted", 0, 20),
    ]
    assert report.errors["visual"] == {"factual_inaccuracy": 2}
    assert report.people == ("r1", "r2", "r3", "r4")
    assert 0 < report.agreement.criteria[0].alpha.value < 1


def test_reviewers_do_not_learn_each_others_marks(begin, tmp_path):
    desk = begin([annotate(n, tmp_path, wrong=("audio",)) for n in range(2)])
    work(desk, "r1", 1)
    told = json.dumps([*trace(desk), report_standing(desk).model_dump(mode="json")])
    assert "factual_inaccuracy" not in told
    assert report_review(desk).errors == {}
    assert report_review(desk).agreement.criteria == ()
    work(desk, "r2", 1)
    assert "factual_inaccuracy" in json.dumps(list(trace(desk)))


def test_the_arbiter_is_a_third_person_and_marks_only_what_is_disputed(begin, tmp_path):
    desk = begin([annotate(n, tmp_path, wrong=("audio",)) for n in range(2)])
    with pytest.raises(ReviewError, match="in review: it needs no arbiter"):
        desk.claim("r3", 1, "arbiter")
    work(desk, "r1", 1)
    work(desk, "r2", 1, opinion=lambda a, c: FINE if a.id == "clip-000" else judge(a, c))
    with pytest.raises(ReviewError, match="r1 has a seat"):
        desk.claim("r1", 1, "arbiter")
    desk.claim("r3", 1, "arbiter")
    with pytest.raises(ReviewError, match="has an arbiter already"):
        desk.claim("r4", 1, "arbiter")
    with pytest.raises(ReviewError, match="needs marks for audio"):
        desk.mark("r3", 1, 1, "clip-000", ALL_FINE)
    with pytest.raises(ReviewError, match="isn't to be marked"):
        desk.mark("r3", 1, 1, "clip-001", {"audio": FINE})
    with pytest.raises(ReviewError, match=r"1 annotations of batch 1.1 aren't marked"):
        desk.hand_in("r3", 1, 1)
    desk.mark("r3", 1, 1, "clip-000", {"audio": FINE})
    decided = desk.hand_in("r3", 1, 1)
    assert (decided.errors, decided.units) == (1, 2)


def test_marks_can_be_changed_and_taken_back_until_they_are_handed_in(begin, tmp_path):
    desk = begin([annotate(n, tmp_path) for n in range(2)])
    revision = desk.claim("r1", 1, "reviewer")
    names = list(revision.annotations)
    faulty = ALL_FINE | {"visual": OMISSION}

    def marks():
        return desk.review().batches[1][0].seats["r1"].marks

    desk.mark("r1", 1, 1, names[0], ALL_FINE)
    desk.mark("r1", 1, 1, names[0], faulty)
    assert marks() == {names[0]: faulty}
    assert desk.undo("r1", 1, 1) == names[0]
    assert marks() == {names[0]: ALL_FINE}
    assert desk.undo("r1", 1, 1) == names[0]
    assert marks() == {}
    with pytest.raises(ReviewError, match="marked nothing"):
        desk.undo("r1", 1, 1)
    for name in names:
        desk.mark("r1", 1, 1, name, ALL_FINE)
    desk.hand_in("r1", 1, 1)
    with pytest.raises(ReviewError, match="its marks are fixed"):
        desk.undo("r1", 1, 1)
    kinds = [line["event"]["kind"] for line in trace(desk)]
    assert kinds.count("undone") == 2
    assert kinds.count("marked") == 4


def test_a_seat_can_be_freed_and_only_so_many_are_there(begin, tmp_path):
    desk = begin([annotate(0, tmp_path)])
    desk.claim("r1", 1, "reviewer")
    desk.mark("r1", 1, 1, "clip-000", ALL_FINE)
    desk.claim("r2", 1, "reviewer")
    with pytest.raises(ReviewError, match="has all its reviewers"):
        desk.claim("r3", 1, "reviewer")
    with pytest.raises(ReviewError, match=r"r9 has no seat at batch 1.1; its seats: r1, r2"):
        desk.release("lead", 1, "r9")
    desk.release("lead", 1, "r1")
    with pytest.raises(ReviewError, match="r1 has no seat"):
        desk.mark("r1", 1, 1, "clip-000", ALL_FINE)
    assert work(desk, "r3", 1) is None
    with pytest.raises(ReviewError, match="has handed in"):
        desk.release("lead", 1, "r3")


def test_what_is_accepted_is_final_and_what_is_rejected_comes_back_whole(begin, tmp_path):
    desk = begin([annotate(n, tmp_path, wrong=("audio",) * (n < 1)) for n in range(4)], batch=2)
    homes = {name: r.batch for r in desk.review().current() for name in r.annotations}
    bad, good = homes["clip-000"], 3 - homes["clip-000"]
    for person in ("r1", "r2"):
        work(desk, person, 1)
        work(desk, person, 2)
    stays = next(name for name, batch in homes.items() if batch == good)
    with pytest.raises(ReviewError, match="what is accepted is final"):
        desk.resubmit("lead", [annotate(int(stays[-3:]), tmp_path, wrong=("joint",))])
    with pytest.raises(ReviewError, match="isn't in this review"):
        desk.resubmit("lead", [annotate(99, tmp_path)])
    with pytest.raises(ReviewError, match="nothing is mended"):
        desk.resubmit("lead", [annotate(0, tmp_path, wrong=("audio",))])
    with pytest.raises(ReviewError, match="is accepted: it needs no reviewer"):
        desk.claim("r3", good, "reviewer")
    (revision,) = desk.resubmit("lead", [annotate(n, tmp_path) for n in range(4)])
    assert revision.name == f"{bad}.2"
    assert list(revision.annotations) == [name for name, batch in homes.items() if batch == bad]
    with pytest.raises(ReviewError, match=f"batch {bad}.2 is in review, not rejected"):
        desk.resubmit("lead", [annotate(0, tmp_path, wrong=("joint",))])


def test_rejected_batches_are_mended_in_one_file_or_one_after_the_other(begin, tmp_path):
    desk = begin([annotate(n, tmp_path, wrong=("audio",)) for n in range(6)], batch=2)
    homes = {name: r.batch for r in desk.review().current() for name in r.annotations}
    for batch in (1, 2, 3):
        work(desk, "r1", batch)
        work(desk, "r2", batch)
    mend = tmp_path / "mend.jsonl"
    export_rejected(desk, mend)

    def repair(*batches):
        known = read_annotations(mend)
        write(
            mend,
            [
                annotate(int(each.id[-3:]), tmp_path) if homes[each.id] in batches else each
                for each in known
            ],
        )
        return [revision.name for revision in take_back(desk, mend, "lead")]

    assert repair(2) == ["2.2"]
    assert statuses(desk) == ["rejected", "in review", "rejected"]
    assert repair(1, 3) == ["1.2", "3.2"]
    with pytest.raises(ReviewError, match="nothing is mended"):
        repair()


@pytest.mark.parametrize("person", ["", "A Name", "r1@example.org", "-x", "r" * 33, "r\n"])
def test_people_have_pseudonyms(begin, tmp_path, person):
    desk = begin([annotate(0, tmp_path)])
    with pytest.raises(UsageError, match="is no pseudonym"):
        desk.claim(person, 1, "reviewer")


def test_what_cannot_be_reviewed_is_refused(begin, tmp_path):
    draft = Said(value="hum", provenance=Provenance(source="model", model="m"))
    for annotation, message in (
        (annotate(0, tmp_path, media="gone.mp4"), "has no clip"),
        (annotate(0, tmp_path, sha256="0" * 64), "made for another clip"),
        (Annotation(id="empty", media=annotate(0, tmp_path).media), "says nothing"),
        (
            annotate(0, tmp_path, audio=Heard(caption=draft)),
            r"drafts .*'clip-000' \(audio.caption\)",
        ),
    ):
        with pytest.raises(DatasetError, match=message):
            begin([annotation])
    assert not (tmp_path / "review.sqlite").exists()
    begin([annotate(0, tmp_path)])
    with pytest.raises(UsageError, match="is there already"):
        begin([annotate(0, tmp_path)])


def test_only_what_is_said_is_marked(begin, tmp_path):
    desk = begin([annotate(0, tmp_path, audio=Heard(), visual=annotate(0, tmp_path).visual)])
    desk.claim("r1", 1, "reviewer")
    with pytest.raises(ReviewError, match="needs marks for visual, joint"):
        desk.mark("r1", 1, 1, "clip-000", ALL_FINE)
    assert said("x").provenance.annotator == "a1"


@pytest.mark.parametrize(
    "mark",
    [
        {"accurate": False},
        {"complete": False},
        {"errors": ("omission",)},
        {"errors": ("factual_inaccuracy",)},
        {"accurate": False, "errors": ("inconsistent_with_video", "factual_inaccuracy")},
    ],
)
def test_errors_and_criteria_of_a_mark_go_together(mark):
    with pytest.raises(ValidationError):
        Mark(**{"accurate": True, "complete": True, "clear": True, **mark})


def revision_of(opinions, names):
    """A revision whose audio each reviewer has marked; True is an error."""
    annotations = {
        name: Annotation(id=name, media="x.mp4", audio=Heard(caption=said("x"))) for name in names
    }
    revision = Revision(1, 1, annotations)
    for person, faults in zip("abcdefghi", opinions, strict=False):
        log = {
            at: (name, {"audio": UNTRUE if fault else FINE})
            for at, (name, fault) in enumerate(zip(names, faults, strict=True))
        }
        revision.seats[person] = Seat(person, "reviewer", log, handed_in=True)
    return revision


@given(
    errors=st.integers(0, 100), size=st.integers(1, 100), rate=st.sampled_from([0, 0.03, 0.1, 1])
)
def test_a_batch_passes_up_to_the_rate_and_no_further(errors, size, rate):
    names = [str(n) for n in range(size)]
    faults = [n < errors for n in range(size)]
    decided = decide(revision_of([faults, faults], names), Rules(max_error_rate=rate))
    share = min(errors, size) * 100
    assert decided.accepted == (share <= round(rate * 100) * size)


@given(st.lists(st.lists(st.booleans(), min_size=4, max_size=4), min_size=2, max_size=5))
def test_errors_are_confirmed_by_all_and_disputed_otherwise(opinions):
    names = ["a", "b", "c", "d"]
    revision = revision_of(opinions, names)
    columns = dict(zip(names, zip(*opinions, strict=True), strict=True))
    assert set(find_disagreements(revision)) == {n for n in names if len(set(columns[n])) > 1}
    assert {name for name, _ in confirmed_errors(revision)} == {n for n in names if all(columns[n])}


def test_by_components_the_same_errors_are_a_smaller_share(begin, tmp_path):
    wrong = [annotate(n, tmp_path, wrong=("joint",) * (n < 2)) for n in range(30)]
    desk = begin(wrong, per="component")
    work(desk, "r1", 1)
    decided = work(desk, "r2", 1)
    assert (decided.accepted, decided.errors, decided.units) == (True, 2, 90)


def test_different_errors_are_no_disagreement(begin, tmp_path):
    desk = begin([annotate(0, tmp_path)])
    work(desk, "r1", 1, opinion=lambda a, c: OMISSION if c == "visual" else FINE)
    decided = work(desk, "r2", 1, opinion=lambda a, c: UNCLEAR if c == "visual" else FINE)
    assert decided.errors == 1
    assert report_review(desk).errors["visual"] == {"omission": 1, "unclear": 1}
