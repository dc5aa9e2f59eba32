"""A task with a scorer of its own."""

from ugcbench import Column, Prompt, Sample, Score, Task


class LoudnessScorer:
    fingerprint = "loudness/1"
    judge = None

    async def score(self, sample, prediction):
        letters = [letter for letter in prediction.text if letter.isalpha()]
        share = sum(letter.isupper() for letter in letters) / max(len(letters), 1)
        return Score(status="ok", value=share)


def loudness(setting):
    return Task(
        name="example/loudness",
        version=1,
        sample=lambda clip: Sample(id=clip.id, clip=clip.id, media=None, answer="LOUD"),
        prompt=lambda sample: Prompt(
            task="example/loudness", sample_id=sample.id, text="Be loud.", media=sample.media
        ),
        scorer=LoudnessScorer(),
        columns=(Column("Loudness"),),
        fingerprint="be-loud/1",
    )
