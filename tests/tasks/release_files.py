"""A small release in the official layout, with the faults that the public one has."""

from __future__ import annotations

import json

CLIPS = 24
IDS = [f"PI-{number:08x}" for number in range(CLIPS)]
ORPHAN = "PI-orphan"
OPTIONS = {
    "voice_source": ["Narration", "In-Video Voice", "Out-Video Voice"],
    "tone": ["Positive", "Negative", "Neutral"],
    "BGM": ["Yes", "No"],
}


def answers():
    """Per QA file, the answers by clip."""
    return {
        "final_caption_qa": {i: f"A caption of the clip {i}." for i in IDS},
        "audio_caption_qa": {i: "Music." if i in IDS[:3] else f"Sound of {i}." for i in IDS},
        "visual_caption_qa": {i: f"A picture of {i}." for i in IDS},
        "voice_source": {i: "Narration" if i == IDS[5] else "In-Video Voice" for i in IDS[:21]},
        "tone": {i: ("Positive", "neutral", "negative")[n % 3] for n, i in enumerate(IDS)},
        "BGM": dict.fromkeys(IDS, "No"),
        "object": {
            i: f"cup {i} (count: {'multiple' if i == IDS[0] else 2}, color: red); cat (count: 1)"
            for i in IDS
        },
        "back_ground_change_new": {i: f"The place of {i} changes." for i in IDS[:8]},
    }


def texts():
    """The on-screen texts by clip."""
    usual = {i: ["HELLO", f"from {i}"] for i in IDS[:20]}
    return {**usual, IDS[1]: ["none"], IDS[2]: ["位置"], IDS[3]: ["goodMorning"], ORPHAN: ["HI"]}


def make_release(root):
    """Write the files below `root`; returns it."""
    qa, ocr = root / "omni_bench_qa/benchmark_qa", root / "results/ocr"
    qa.mkdir(parents=True)
    ocr.mkdir(parents=True)
    for name, by_id in answers().items():
        options = {"options": OPTIONS[name]} if name in OPTIONS else {}
        samples = [
            {"video_id": i, "path": f"/elsewhere/{i}.mp4", "answer": answer, **options}
            for i, answer in by_id.items()
        ]
        document = {"question": f"{name}?", "valid_count": len(samples), "samples": samples}
        (qa / f"{name}.json").write_text(json.dumps(document, indent=1), "utf-8")
    lines = [json.dumps({"video_id": i, "ocr": t}, ensure_ascii=False) for i, t in texts().items()]
    (ocr / "ocr.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    return root
