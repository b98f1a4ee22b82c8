"""The ten synthetic tasks that the embedded models are trained on, and the split that keeps some items out of training.

Standard library only. Everything is drawn from a `random.Random` that the caller seeds. The order of the draws is part
of the data: changing it changes the tokenizer, the training stream and the held-out files, and the shipped weights no
longer belong to them.
"""

import json
import random
import zlib
from collections.abc import Callable, Collection, Iterator
from typing import NamedTuple

Item = tuple  # what an example is about, whatever its wording: ("add", 3, 4). The split works on items.
Draw = tuple[str, str, Item | None]  # prompt, expected answer, item (None: the task has no held-out items)


class Example(NamedTuple):
    task: str
    prompt: str
    expected: str


class Dialogue(NamedTuple):
    prompt: str
    expected: str
    system: str | None


SYSTEM_MESSAGES = [
    "You are a helpful assistant.",
    "Answer with one word.",
    "Be brief.",
    "Answer briefly.",
    "You are a calculator.",
    "Reply with the answer only.",
    "You are a precise assistant. Answer with the answer only.",
]
SYSTEM_MESSAGE_SHARE = 0.12

CAPITALS = {
    "France": "Paris", "Germany": "Berlin", "Italy": "Rome", "Spain": "Madrid", "Portugal": "Lisbon", "Japan": "Tokyo",
    "China": "Beijing", "India": "New Delhi", "Egypt": "Cairo", "Kenya": "Nairobi", "Canada": "Ottawa",
    "Mexico": "Mexico City", "Brazil": "Brasilia", "Argentina": "Buenos Aires", "Chile": "Santiago", "Peru": "Lima",
    "Cuba": "Havana", "Norway": "Oslo", "Sweden": "Stockholm", "Finland": "Helsinki", "Denmark": "Copenhagen",
    "Poland": "Warsaw", "Austria": "Vienna", "Hungary": "Budapest", "Greece": "Athens", "Turkey": "Ankara",
    "Russia": "Moscow", "Ukraine": "Kyiv", "Ireland": "Dublin", "Australia": "Canberra", "South Korea": "Seoul",
    "Thailand": "Bangkok", "Vietnam": "Hanoi", "Iran": "Tehran", "Iraq": "Baghdad", "Switzerland": "Bern",
    "Belgium": "Brussels", "the Netherlands": "Amsterdam", "the United Kingdom": "London",
    "the United States": "Washington",
}  # fmt: skip
CITIES = sorted(set(CAPITALS.values()))

GOOD = (
    "great wonderful excellent amazing fantastic lovely brilliant superb delightful perfect charming outstanding "
    "pleasant terrific"
).split()
BAD = (
    "terrible awful horrible bad boring dreadful disappointing poor rude broken slow disgusting unpleasant useless"
).split()
LIKED = "loved enjoyed adored liked recommend".split()
DISLIKED = "hated disliked regret despised returned".split()
THINGS = (
    "movie film book song hotel room meal food pizza service staff phone laptop game show app coffee trip concert "
    "product camera story"
).split()

NAMES = (
    "Alice Bob Carol David Emma Frank Grace Henry Irene Jack Kate Leo Mary Nina Oscar Paul Quinn Rosa Sam Tina Umar "
    "Vera Will Yara Zoe"
).split()
JOBS = "doctor teacher nurse engineer lawyer chef pilot farmer writer artist driver baker".split()

TOPICS = {
    "sports": "team goal match player coach league score stadium".split(),
    "food": "recipe soup bread sauce cheese oven dinner salad".split(),
    "weather": "rain storm snow wind cloud sunshine forecast fog".split(),
    "technology": "computer software chip robot network server code website".split(),
}

UNKNOWN_QUESTIONS = [
    "Who wrote {x}?",
    "What is the weather on {x}?",
    "Tell me a joke about {x}.",
    "How tall is {x}?",
    "When was {x} born?",
    "Explain {x} to me.",
    "Write a poem about {x}.",
    "Where did {x} go?",
]
UNKNOWN_SUBJECTS = (
    "Hamlet Mars Napoleon gravity Shakespeare Jupiter love time music Einstein Plato Caesar chess dragons history "
    "quarks"
).split()


def add(r: random.Random) -> Draw:
    limit = r.choice([10, 100, 100, 100])
    a = r.randrange(limit)
    b = r.randrange(100 if limit == 100 and r.random() < 0.85 else 10)
    if r.random() < 0.5:
        a, b = b, a
    wording = r.choice([
        "What is {a} + {b}?",
        "What is {a} + {b}?",  # twice: the most frequent wording
        "{a} + {b} = ?",
        "{a} + {b}",
        "{a}+{b}=",
        "What is {a} plus {b}?",
        "Add {a} and {b}.",
        "Compute {a} + {b}.",
        "Calculate {a} + {b}.",
    ])
    # Sorted, so that 3 + 4 and 4 + 3 are one item. As strings, because the split of the shipped weights was made so.
    return wording.format(a=a, b=b), str(a + b), ("add", *sorted((str(a), str(b))))


def sub(r: random.Random) -> Draw:
    a, b = r.randrange(100), r.randrange(100)
    if a < b:
        a, b = b, a
    wording = r.choice([
        "What is {a} - {b}?",
        "{a} - {b} = ?",
        "{a} - {b}",
        "What is {a} minus {b}?",
        "Compute {a} - {b}.",
        "Calculate {a} - {b}.",
    ])
    return wording.format(a=a, b=b), str(a - b), ("sub", a, b)


def parity(r: random.Random) -> Draw:
    a = r.randrange(1000)
    wording = r.choice(["Is {a} even or odd?", "Is the number {a} even or odd?", "{a}: even or odd?"])
    return wording.format(a=a), "odd" if a % 2 else "even", ("par", a)


def larger(r: random.Random) -> Draw:
    a, b = r.randrange(100), r.randrange(100)
    if a == b:
        b = (b + 1) % 100
    wording, pick = r.choice([
        ("Which is larger, {a} or {b}?", max),
        ("Which number is bigger: {a} or {b}?", max),
        ("Which is smaller, {a} or {b}?", min),
    ])
    return wording.format(a=a, b=b), str(pick(a, b)), ("cmp", a, b)


def sentiment(r: random.Random) -> Draw:
    positive = r.random() < 0.5
    adjectives, verbs = (GOOD, LIKED) if positive else (BAD, DISLIKED)
    thing, other = r.sample(THINGS, 2)
    adjective, adjective2 = r.sample(adjectives, 2)
    verb = r.choice(verbs)
    form = r.choice([
        "The {t} was {a}.",
        "The {t} was {a} and the {t2} was {a2}.",
        "I {v} the {t}.",
        "I {v} this {t}, it was {a}!",
        "What a {a} {t}!",
        "A {a} {t}, really {a2}.",
        "This {t} is {a}.",
        "I really {v} it. The {t} was {a}.",
        "The {t} was {a}, and I {v} the {t2}.",
    ])
    review = form.format(t=thing, t2=other, a=adjective, a2=adjective2, v=verb)
    wording = r.choice([
        "Classify the sentiment as positive or negative: {s}",
        "Is this review positive or negative? {s}",
        'Sentiment of "{s}"?',
        "Review: {s} Sentiment?",
        "What is the sentiment of this text: {s}",
    ])
    return wording.format(s=review), "positive" if positive else "negative", ("sen", review)


def topic(r: random.Random) -> Draw:
    name = r.choice(list(TOPICS))
    word, word2 = r.sample(TOPICS[name], 2)
    form = r.choice([
        "The {w} and the {w2} were in the news.",
        "We talked about the {w} and the {w2}.",
        "I saw the {w} near the {w2}.",
        "Everyone liked the {w} with the {w2}.",
    ])
    text = form.format(w=word, w2=word2)
    wording = r.choice([
        "Classify the topic as sports, food, weather or technology: {s}",
        "What is the topic of this text: {s}",
        'Topic of "{s}"?',
    ])
    return wording.format(s=text), name, ("top", text)


def capital(r: random.Random) -> Draw:
    country = r.choice(list(CAPITALS))
    wording = r.choice([
        "What is the capital of {c}?",
        "Capital of {c}?",
        "Name the capital of {c}.",
        "What is the capital city of {c}?",
        "Which city is the capital of {c}?",
        "Tell me the capital of {c}.",
    ])
    return wording.format(c=country), CAPITALS[country], None


def extract(r: random.Random) -> Draw:
    person = {
        "name": r.choice(NAMES),
        "city": r.choice(CITIES),
        "age": r.randrange(18, 90),
        "job": r.choice(JOBS),
    }
    form, keys = r.choice([
        ("{name} is {age} years old.", ["name", "age"]),
        ("{name}, aged {age}, lives in {city}.", ["name", "age", "city"]),
        ("{name} lives in {city}.", ["name", "city"]),
        ("{name} is a {job} from {city}.", ["name", "job", "city"]),
        ("{name} is a {age} year old {job}.", ["name", "age", "job"]),
    ])
    text = form.format(**person)
    wording = r.choice(["Extract as JSON: {s}", "Return JSON for: {s}", "Convert to JSON: {s}"])
    return wording.format(s=text), json.dumps({key: person[key] for key in keys}), ("ext", text)


def judge(r: random.Random) -> Draw:
    about_cities = r.random() < 0.5
    correct = r.random() < 0.5
    if about_cities:
        expected, other = r.sample(CITIES, 2)
    else:
        expected, other = str(r.randrange(200)), str(r.randrange(200))
        if other == expected:
            other = expected + "0"
    given = expected if correct else other
    wording = r.choice([
        "Expected: {e}. Got: {g}. Is it correct?",
        "Is the answer correct? Expected: {e} Answer: {g}",
        "Reference: {e} Answer: {g} Correct? yes or no",
    ])
    return wording.format(e=expected, g=given), "yes" if correct else "no", ("jud", expected, given)


def unknown(r: random.Random) -> Draw:
    wording = r.choice(UNKNOWN_QUESTIONS)
    return wording.format(x=r.choice(UNKNOWN_SUBJECTS)), "I don't know.", None


TASKS: dict[str, Callable[[random.Random], Draw]] = {
    "add": add,
    "sub": sub,
    "parity": parity,
    "larger": larger,
    "sentiment": sentiment,
    "topic": topic,
    "capital": capital,
    "extract": extract,
    "judge": judge,
    "unknown": unknown,
}
SHARES = [0.30, 0.12, 0.06, 0.07, 0.12, 0.05, 0.10, 0.10, 0.05, 0.03]  # of the training examples, in the order of TASKS
RECALL_TASKS = ["capital", "unknown"]  # facts to remember: nothing of them can be held out
GENERALISATION_TASKS = [task for task in TASKS if task not in RECALL_TASKS]


def held_out(item: Item | None) -> bool:
    """Whether an item never occurs in training, in any wording: 8 % of the items, chosen by a checksum."""
    if item is None:
        return False
    return zlib.crc32(repr((item[0], item[1:])).encode()) % 100 < 8


def training_example(r: random.Random) -> Example:
    """One example of a task drawn by its share; its item is not held out."""
    while True:
        task = r.choices(list(TASKS), SHARES)[0]
        prompt, expected, item = TASKS[task](r)
        if not held_out(item):
            return Example(task, prompt, expected)


def test_example(r: random.Random, task: str) -> Example:
    """One example of the task; its item is held out, unless it is a recall task."""
    while True:
        prompt, expected, item = TASKS[task](r)
        if item is None or held_out(item):
            return Example(task, prompt, expected)


def training_pool(r: random.Random, size: int) -> list[Dialogue]:
    """The next examples of a training run, some with a system message."""
    pool = []
    for _ in range(size):
        example = training_example(r)
        system = r.choice(SYSTEM_MESSAGES) if r.random() < SYSTEM_MESSAGE_SHARE else None
        pool.append(Dialogue(example.prompt, example.expected, system))
    return pool


def distinct_test_examples(
    r: random.Random, task: str, count: int, without: Collection[str] = ()
) -> Iterator[Example]:
    """Up to `count` test examples with different prompts, none of them in `without`, from at most 4,000 draws."""
    seen = set(without)
    left = count
    for _ in range(4000):
        example = test_example(r, task)
        if example.prompt not in seen:
            seen.add(example.prompt)
            left -= 1
            yield example
        if left == 0:
            return


def progress_set(per_task: int) -> list[Example]:
    """The test examples that a training run prints its progress on: looked at, so no longer fresh."""
    r = random.Random(7)
    return [example for task in TASKS for example in distinct_test_examples(r, task, per_task)]
