"""A dataset of its own."""

from ugcbench import Clip


class Clips:
    name = "example-clips"
    revision = "1"

    def __iter__(self):
        return (Clip(id=f"clip-{number}", media=None, gold={}) for number in range(3))
