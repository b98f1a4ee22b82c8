"""Train a small Llama-architecture chat model on the synthetic tasks of tasks.py, and write it as a GGUF file in f16.

    pip install -r models/requirements.txt
    python models/train.py --steps 2052 --out novice.gguf
    python models/train.py --steps 9012 --lr 0.003 --init novice.gguf --out expert.gguf

Nothing is downloaded and nothing depends on the clock: the examples, the tokenizer and the first weights follow from
the seeds, the learning rate from the step. README.md says what made the two files beside this script.
"""

import argparse
import json
import math
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import gguf
import numpy as np
import tokenizers
import torch
import torch.nn.functional as F
from tokenizers import decoders, pre_tokenizers, trainers
from torch import Tensor, nn

import tasks

WIDTH, LAYERS, HEADS, HIDDEN = 64, 3, 2, 192
HEAD_WIDTH = WIDTH // HEADS
CONTEXT = 512
EPSILON = 1e-5
ROPE_BASE = 10000.0

VOCABULARY = 1024
SPECIAL_TOKENS = ["<|endoftext|>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>"]
END_OF_TEXT, SYSTEM, USER, ASSISTANT, END = range(len(SPECIAL_TOKENS))
CHAT_TEMPLATE = (
    "{% for m in messages %}{{ '<|' + m['role'] + '|>' + m['content'] + '<|end|>' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)

WARMUP_STEPS = 100
FLOOR = 0.02  # the learning rate's end, as a share of its peak
BATCHES_PER_POOL = 40
REPORT_EVERY = 500


class Sequence(NamedTuple):
    """A dialogue as token ids; the answer, with its end mark, starts at `answer`."""

    ids: list[int]
    answer: int


class Tokenizer:
    """Byte-level BPE with single digits: what GGUF calls model "gpt2", pre-tokenizer "smollm"."""

    def __init__(self) -> None:
        self.bpe = tokenizers.Tokenizer(tokenizers.models.BPE())
        self.bpe.pre_tokenizer = pre_tokenizers.Sequence([
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ])
        self.bpe.decoder = decoders.ByteLevel()
        self.bpe.train_from_iterator(
            self._corpus(),
            trainers.BpeTrainer(
                vocab_size=VOCABULARY,
                special_tokens=SPECIAL_TOKENS,
                min_frequency=2,
                show_progress=False,
                initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
            ),
        )
        if self.bpe.get_vocab_size() != VOCABULARY:
            raise SystemExit(f"the tokenizer has {self.bpe.get_vocab_size()} tokens, {VOCABULARY} are wanted")

    @staticmethod
    def _corpus() -> list[str]:
        r = random.Random(1)  # always this one, so that every model has the same tokenizer
        examples = [tasks.training_example(r) for _ in range(30000)]
        return [text for e in examples for text in (e.prompt, e.expected)] + tasks.SYSTEM_MESSAGES * 300

    def encode(self, text: str) -> list[int]:
        return self.bpe.encode(text, add_special_tokens=False).ids

    def sequence(self, prompt: str, expected: str, system: str | None = None) -> Sequence:
        ids = [SYSTEM, *self.encode(system), END] if system else []
        ids += [USER, *self.encode(prompt), END, ASSISTANT]
        return Sequence([*ids, *self.encode(expected), END], len(ids))

    def tokens(self) -> list[str]:
        return [self.bpe.id_to_token(token) for token in range(VOCABULARY)]

    def merges(self) -> list[str]:
        merges = json.loads(self.bpe.to_str())["model"]["merges"]
        return [merge if isinstance(merge, str) else " ".join(merge) for merge in merges]


def matrix(inputs: int, outputs: int, scale: float = 1.0) -> nn.Parameter:
    return nn.Parameter(torch.randn(outputs, inputs) * (scale / math.sqrt(inputs)))


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        into_residual = 1 / math.sqrt(2 * LAYERS)
        self.attn_norm = nn.Parameter(torch.ones(WIDTH))
        self.ffn_norm = nn.Parameter(torch.ones(WIDTH))
        self.attn_q = matrix(WIDTH, WIDTH)
        self.attn_k = matrix(WIDTH, WIDTH)
        self.attn_v = matrix(WIDTH, WIDTH)
        self.attn_output = matrix(WIDTH, WIDTH, into_residual)
        self.ffn_gate = matrix(WIDTH, HIDDEN)
        self.ffn_up = matrix(WIDTH, HIDDEN)
        self.ffn_down = matrix(HIDDEN, WIDTH, into_residual)

    def forward(self, h: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        batch, length, _ = h.shape
        x = rms_norm(h, self.attn_norm)
        q, k, v = (
            F.linear(x, weight).view(batch, length, HEADS, HEAD_WIDTH).transpose(1, 2)
            for weight in (self.attn_q, self.attn_k, self.attn_v)
        )
        x = F.scaled_dot_product_attention(rotate(q, cos, sin), rotate(k, cos, sin), v, is_causal=True)
        h = h + F.linear(x.transpose(1, 2).reshape(batch, length, WIDTH), self.attn_output)
        x = rms_norm(h, self.ffn_norm)
        return h + F.linear(F.silu(F.linear(x, self.ffn_gate)) * F.linear(x, self.ffn_up), self.ffn_down)


def rms_norm(x: Tensor, weight: Tensor) -> Tensor:
    return F.rms_norm(x, (WIDTH,), weight, EPSILON)


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotary positions on neighbouring pairs: what a GGUF of architecture "llama" means, so export permutes nothing."""
    length = x.shape[2]
    c, s = cos[:length], sin[:length]
    a, b = x[..., 0::2], x[..., 1::2]
    return torch.stack((a * c - b * s, a * s + b * c), -1).flatten(-2)


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.token_embd = nn.Parameter(torch.randn(VOCABULARY, WIDTH) * 0.05)  # also the output matrix
        self.output_norm = nn.Parameter(torch.ones(WIDTH))
        self.blk = nn.ModuleList(Block() for _ in range(LAYERS))
        frequencies = ROPE_BASE ** (-torch.arange(0, HEAD_WIDTH, 2).float() / HEAD_WIDTH)
        angles = torch.arange(CONTEXT).float()[:, None] * frequencies
        self.register_buffer("cos", angles.cos(), persistent=False)
        self.register_buffer("sin", angles.sin(), persistent=False)

    def forward(self, ids: Tensor) -> Tensor:
        h = F.embedding(ids, self.token_embd)
        for block in self.blk:
            h = block(h, self.cos, self.sin)
        return rms_norm(h, self.output_norm)

    def logits(self, hidden: Tensor) -> Tensor:
        return F.linear(hidden, self.token_embd)

    def tensors(self) -> Iterator[tuple[str, nn.Parameter]]:
        """Every parameter under its GGUF name: the attributes above are named so that this needs no table."""
        for name, parameter in self.named_parameters():
            yield f"{name}.weight", parameter

    def load(self, path: Path) -> None:
        data = {tensor.name: tensor.data for tensor in gguf.GGUFReader(path).tensors}
        with torch.no_grad():
            for name, parameter in self.tensors():
                parameter.copy_(torch.tensor(data[name].astype(np.float32)).view_as(parameter))


def padded(sequences: list[Sequence]) -> tuple[Tensor, Tensor]:
    """Token ids, and at each place that predicts a token of the answer that token (elsewhere -100)."""
    length = max(len(sequence.ids) for sequence in sequences)
    ids = torch.zeros(len(sequences), length, dtype=torch.long)
    targets = torch.full((len(sequences), length), -100)
    for row, (tokens, answer) in enumerate(sequences):
        ids[row, : len(tokens)] = torch.tensor(tokens)
        targets[row, answer - 1 : len(tokens) - 1] = ids[row, answer : len(tokens)]
    return ids, targets


def batches(tokenizer: Tokenizer, seed: int, size: int) -> Iterator[list[Sequence]]:
    """Batches of sequences of similar length, without end."""
    r = random.Random(seed)
    while True:
        pool = [tokenizer.sequence(*dialogue) for dialogue in tasks.training_pool(r, size * BATCHES_PER_POOL)]
        pool.sort(key=lambda sequence: len(sequence.ids))
        chunks = [pool[start : start + size] for start in range(0, len(pool), size)]
        r.shuffle(chunks)
        yield from chunks


def learning_rate(step: int, steps: int, peak: float) -> float:
    warmup = min(1, (step + 1) / WARMUP_STEPS)
    return peak * warmup * (FLOOR + (1 - FLOOR) * 0.5 * (1 + math.cos(math.pi * (step / steps))))


def train(model: Model, tokenizer: Tokenizer, options: argparse.Namespace) -> None:
    parameters = list(model.parameters())
    optimizer = torch.optim.AdamW(
        [
            {"params": [p for p in parameters if p.ndim > 1], "weight_decay": 0.05},
            {"params": [p for p in parameters if p.ndim == 1], "weight_decay": 0},
        ],
        lr=options.lr,
        betas=(0.9, 0.98),
        fused=True,
    )
    # A continued run draws other examples than the run it continues.
    stream = batches(tokenizer, options.seed + (101 if options.init else 100), options.batch)
    average = None
    for step in range(options.steps):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, options.steps, options.lr)
        ids, targets = padded(next(stream))
        wanted = targets.flatten() >= 0
        hidden = model(ids).flatten(0, 1)[wanted]
        loss = F.cross_entropy(model.logits(hidden), targets.flatten()[wanted])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        average = loss.item() if average is None else 0.98 * average + 0.02 * loss.item()
        if (step + 1) % REPORT_EVERY == 0 or step + 1 == options.steps:
            print(f"step {step + 1} loss {average:.4f} {accuracy(model, tokenizer)}", flush=True)


@torch.no_grad()
def accuracy(model: Model, tokenizer: Tokenizer) -> dict[str, float]:
    """Exact answers by task. For a whole match, predicting each token after the true ones is greedy decoding."""
    examples = tasks.progress_set(per_task=40)
    hits, totals = Counter(), Counter()
    for start in range(0, len(examples), 64):
        chunk = examples[start : start + 64]
        ids, targets = padded([tokenizer.sequence(example.prompt, example.expected) for example in chunk])
        exact = ((model.logits(model(ids)).argmax(-1) == targets) | (targets < 0)).all(-1)
        for example, hit in zip(chunk, exact.tolist(), strict=True):
            totals[example.task] += 1
            hits[example.task] += hit
    return {task: round(hits[task] / totals[task], 2) for task in totals}


def export(model: Model, tokenizer: Tokenizer, path: Path) -> None:
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name(path.stem)
    writer.add_description("Synthetic-task chat model trained from scratch for tests")
    writer.add_license("mit")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(HIDDEN)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(EPSILON)
    writer.add_rope_dimension_count(HEAD_WIDTH)
    writer.add_rope_freq_base(ROPE_BASE)
    writer.add_vocab_size(VOCABULARY)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokenizer.tokens())
    writer.add_token_types([
        gguf.TokenType.CONTROL if token < len(SPECIAL_TOKENS) else gguf.TokenType.NORMAL for token in range(VOCABULARY)
    ])
    writer.add_token_merges(tokenizer.merges())
    writer.add_bos_token_id(END_OF_TEXT)
    writer.add_eos_token_id(END)
    writer.add_pad_token_id(END_OF_TEXT)
    writer.add_add_bos_token(False)
    writer.add_chat_template(CHAT_TEMPLATE)
    for name, parameter in model.tensors():
        values = parameter.detach().numpy()
        writer.add_tensor(name, values if values.ndim == 1 else values.astype(np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main() -> None:
    parser = argparse.ArgumentParser(description="Train a small chat model and write it as a GGUF file.")
    parser.add_argument("--out", type=Path, required=True, help="the GGUF file to write")
    parser.add_argument("--steps", type=int, default=2052)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--init", type=Path, help="a GGUF file of this script to continue from")
    parser.add_argument("--lr", type=float, default=0.004, help="the peak of the learning rate")
    parser.add_argument("--batch", type=int, default=96)
    parser.add_argument("--threads", type=int, default=1, help="more are faster, but sum in another order")
    options = parser.parse_args()

    options.out.parent.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    tokenizer = Tokenizer()
    model = Model()
    if options.init:
        model.load(options.init)
    print(f"{sum(parameter.numel() for parameter in model.parameters())} parameters", flush=True)
    train(model, tokenizer, options)
    export(model, tokenizer, options.out)
    print(f"{options.out}: {options.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
