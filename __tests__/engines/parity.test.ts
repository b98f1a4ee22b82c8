/** @jest-environment jest-model-provider/environment */
import fs from 'node:fs';
import path from 'node:path';
import { EmbeddedProvider, type ModelClient } from 'jest-model-provider';
import pLimit from 'p-limit';
import { closeSessionsAfterEach, openPrivateSession } from '../fixtures/private-session';
import { describeWithLlamaServer, makeProvider, modelFile, root } from './llama-server';

closeSessionsAfterEach();

interface Prompt {
  readonly id: string;
  readonly prompt: string;
}

interface Answer {
  readonly text: string;
  readonly finishReason: string;
}

/**
 * How far apart the logits of the two best tokens may be where the answers part: half-precision weights and
 * other orders of addition change logits in the third decimal.
 */
const epsilon = 0.01;
const longest = 32;

const prompts = ['heldout', 'recall'].flatMap((name) =>
  fs
    .readFileSync(path.join(root, 'models', `${name}.jsonl`), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Prompt),
);

describeWithLlamaServer('parity of the embedded engine with llama-server', (command) => {
  test.each(['novice', 'expert'] as const)(
    '%s answers every held-out prompt alike, except where its two best tokens are equally good',
    async (model) => {
      const embedded = new EmbeddedProvider();
      const llama = makeProvider(command, { contextSize: 512, slots: 4 });
      await openPrivateSession({ embedded, llama });
      const ours = (await embedded.setup(model)).client;
      const theirs = (await llama.setup(modelFile(model))).client;

      const differing: { id: string; ours: Answer; theirs: Answer; gap: number }[] = [];
      const limit = pLimit(4);
      const compare = async ({ id, prompt }: Prompt): Promise<void> => {
        const [mine, other] = await Promise.all([answer(ours, prompt), answer(theirs, prompt)]);
        if (mine.text === other.text && mine.finishReason === other.finishReason) return;
        differing.push({ id, ours: mine, theirs: other, gap: await gapWhereTheyPart(ours, theirs, prompt) });
      };
      await Promise.all(prompts.map((prompt) => limit(() => compare(prompt))));

      process.stderr.write(
        `${model}: ${prompts.length - differing.length} of ${prompts.length} greedy answers are equal; ` +
          `${differing.length} differ${differing.map((one) => `\n  ${JSON.stringify(one)}`).join('')}\n`,
      );
      expect(prompts).toHaveLength(1280);
      expect(differing.filter(({ gap }) => gap >= epsilon)).toEqual([]);
      expect(differing.length).toBeLessThanOrEqual(prompts.length / 100);
    },
    600_000,
  );

  test.each(['novice', 'expert'] as const)('%s gives tokens the same probabilities', async (model) => {
    const embedded = new EmbeddedProvider();
    const llama = makeProvider(command, { contextSize: 512 });
    await openPrivateSession({ embedded, llama });
    const ours = (await embedded.setup(model)).client;
    const theirs = (await llama.setup(modelFile(model))).client;
    let furthest = 0;
    for (const { prompt } of prompts.filter((_, index) => index % 40 === 0)) {
      const [mine, other] = [await tokens(ours, prompt), await tokens(theirs, prompt)];
      for (const [index, token] of mine.entries()) {
        expect(other[index]?.token).toBe(token.token);
        furthest = Math.max(furthest, Math.abs(token.logprob - other[index]!.logprob));
      }
    }
    process.stderr.write(
      `${model}: log probabilities of greedy tokens differ by at most ${furthest.toFixed(5)}\n`,
    );
    expect(furthest).toBeLessThan(epsilon);
  });
});

async function answer(client: ModelClient, prompt: string): Promise<Answer> {
  const { text, finishReason } = await client.generate(prompt, { temperature: 0, maxTokens: longest });
  return { text, finishReason };
}

interface Token {
  readonly token: string;
  readonly logprob: number;
  readonly top_logprobs: readonly { readonly token: string; readonly logprob: number }[];
}

async function tokens(client: ModelClient, prompt: string): Promise<Token[]> {
  const completion = await client.openai.chat.completions.create({
    model: client.model,
    messages: [{ role: 'user', content: prompt }],
    temperature: 0,
    max_tokens: longest,
    logprobs: true,
    top_logprobs: 2,
  });
  // llama-server lists the token that ends the answer too, as an empty one.
  return completion.choices[0]!.logprobs!.content!.filter(({ token }) => token !== '');
}

/** The difference of the two best logits, by our engine, at the first token where the answers part. */
async function gapWhereTheyPart(ours: ModelClient, theirs: ModelClient, prompt: string): Promise<number> {
  const [mine, other] = [await tokens(ours, prompt), await tokens(theirs, prompt)];
  const parting = mine.findIndex(({ token }, index) => token !== other[index]?.token);
  const [best, second] = mine[parting]?.top_logprobs ?? [];
  return best === undefined || second === undefined ? Infinity : best.logprob - second.logprob;
}
