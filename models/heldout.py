"""Write heldout.jsonl and recall.jsonl, the prompts that the embedded models are scored on. Standard library only.

    python models/heldout.py            # writes both files; the same bytes every time
    python models/heldout.py --check    # compares both files with what the models were trained on

`heldout.jsonl` asks about items that never occur in training. `recall.jsonl` asks for the capitals and the refusals
that training repeats until they are known by heart: a score on them is memory, so it is kept apart.
"""

import argparse
import json
import random
from pathlib import Path

import tasks

SEED = 20261123
HELDOUT_PER_TASK = 130
RECALL_PER_TASK = 120
FOLDER = Path(__file__).parent


def examples(names: list[str], per_task: int, without: set[str]) -> list[tasks.Example]:
    r = random.Random(SEED)
    found = []
    for name in names:
        drawn = list(tasks.distinct_test_examples(r, name, per_task, without))
        if len(drawn) < per_task:
            raise SystemExit(f"task {name!r} gives {len(drawn)} distinct prompts, {per_task} are wanted")
        found += drawn
    return found


def write(path: Path, found: list[tasks.Example], per_task: int) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for index, example in enumerate(found):
            row = {"id": f"{example.task}-{index % per_task + 1:03d}", **example._asdict()}
            file.write(json.dumps(row) + "\n")
    print(f"{path.name}: {len(found)} prompts")


def write_both() -> None:
    # The runs that made the shipped weights printed their progress on the first set and their result on the second.
    looked_at = {example.prompt for per_task in (20, 40) for example in tasks.progress_set(per_task)}
    heldout = examples(tasks.GENERALISATION_TASKS, HELDOUT_PER_TASK, without=looked_at)
    write(FOLDER / "heldout.jsonl", heldout, HELDOUT_PER_TASK)
    recall = examples(tasks.RECALL_TASKS, RECALL_PER_TASK, without=set())
    write(FOLDER / "recall.jsonl", recall, RECALL_PER_TASK)


def prompts_of(path: Path) -> list[str]:
    return [json.loads(line)["prompt"] for line in path.read_text(encoding="utf-8").splitlines()]


def drawn_prompts(seed: int, count: int) -> set[str]:
    r = random.Random(seed)
    return {tasks.training_example(r).prompt for _ in range(count)}


def streamed_prompts(seed: int, pools: int) -> set[str]:
    """The prompts of a whole training run with batches of 96, drawn exactly as train.py draws them."""
    r = random.Random(seed)
    prompts: set[str] = set()
    for _ in range(pools):
        prompts.update(dialogue.prompt for dialogue in tasks.training_pool(r, 40 * 96))
        r.shuffle(list(range(40)))  # train.py shuffles the 40 batches of the pool with the same generator
    return prompts


def compare(run: str, trained: set[str]) -> int:
    """Print how many prompts of both files occur in training; return the number for heldout.jsonl."""
    seen = {}
    for name in ("heldout.jsonl", "recall.jsonl"):
        prompts = prompts_of(FOLDER / name)
        seen[name] = sum(prompt in trained for prompt in prompts)
        print(f"{run}: {seen[name]} of the {len(prompts)} prompts of {name} occur in training")
    return seen["heldout.jsonl"]


def check() -> None:
    seen = compare("400,000 training examples (seed 1)", drawn_prompts(1, 400_000))
    seen += compare("novice, 2,052 steps (52 pools, seed 100)", streamed_prompts(100, 52))
    seen += compare("expert, 9,012 steps (226 pools, seed 101)", streamed_prompts(101, 226))
    if seen:
        raise SystemExit("heldout.jsonl holds prompts that occur in training")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Write the prompts that the embedded models are scored on.")
    parser.add_argument("--check", action="store_true", help="compare both files with the training examples instead")
    check() if parser.parse_args().check else write_both()
