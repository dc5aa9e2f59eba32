"""The floors see nothing of a clip."""

from __future__ import annotations

from collections import Counter

from ugcbench import Prompt, Sample
from ugcbench_models.floors import Blind, Majority


def work(*answers):
    class Named:
        name = "ugc/tone"

    return lambda: iter(
        (Named, Sample(id=str(n), clip=str(n), media=None, answer=answer))
        for n, answer in enumerate(answers)
    )


def ask(number=0, task="ugc/tone", choices=("Yes", "No", "Perhaps")):
    return Prompt(task=task, sample_id=str(number), text="?", choices=choices)


async def test_the_majority_gives_the_most_frequent_answer():
    model = Majority(work("No", "Yes", "No"))
    assert (await model.generate(ask())).text == "No"


async def test_where_all_answers_differ_it_gives_the_most_typical_one():
    model = Majority(work("a red car stops", "a red car", "blue sky", "the red car stops here"))
    assert (await model.generate(ask())).text == "a red car stops"


async def test_lists_of_lines_are_given_as_json():
    model = Majority(work(("SALE", "NOW"), ("SALE", "NOW"), ("x",)))
    assert (await model.generate(ask())).text == '["SALE", "NOW"]'


async def test_the_blind_guess_is_even_and_the_same_each_time():
    guesses = [(await Blind().generate(ask(n))).text for n in range(600)]
    assert guesses == [(await Blind().generate(ask(n))).text for n in range(600)]
    assert min(Counter(guesses).values()) > 150


async def test_the_blind_caption_claims_nothing():
    assert "nothing" in (await Blind().generate(ask(task="ugc/caption", choices=()))).text
    assert (await Blind().generate(ask(task="ugc/ocr", choices=()))).text == "[]"
