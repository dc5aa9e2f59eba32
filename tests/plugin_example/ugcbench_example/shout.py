"""A model that answers in capital letters."""

from ugcbench import Prediction


class Shout:
    def __init__(self, word: str = "loud"):
        self.word = word

    async def generate(self, prompt):
        return Prediction(
            task=prompt.task, sample_id=prompt.sample_id, text=f"{self.word.upper()} quiet"
        )

    async def close(self):
        pass
