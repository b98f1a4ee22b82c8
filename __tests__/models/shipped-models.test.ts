import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { generate } from '../../src/providers/embedded/generation/generation';
import { loadEngine } from '../../src/providers/embedded/generation/engine';

const root = path.resolve(__dirname, '../..');
const models = path.join(root, 'models');
const readme = readFileSync(path.join(models, 'README.md'), 'utf8');

describe('models/README.md', () => {
  test.each(['novice.gguf', 'expert.gguf'])('states the sha256 of the shipped %s', (file) => {
    const sha256 = createHash('sha256')
      .update(readFileSync(path.join(models, file)))
      .digest('hex');
    expect(readme).toContain(`\n${sha256}  ${file}\n`);
  });

  test('states the scores that the shipped models have', () => {
    const script = path.join(root, 'scripts/score-models.mjs');
    const env = { ...process.env, NODE_OPTIONS: '', JEST_WORKER_ID: undefined };
    const output = execFileSync(process.execPath, [script, '--check'], { encoding: 'utf8', env });
    expect(output).toMatch(/\*\*heldout\.jsonl\*\* [^]*\nmodels\/README\.md says the same\.\n$/);
  }, 300_000);

  test('quotes what the models say outside their tasks', async () => {
    const engines = await Promise.all(
      ['novice', 'expert'].map((name) => loadEngine(path.join(models, `${name}.gguf`))),
    );
    const rows = /\| prompt +\| novice +\| expert +\|\n.*\n((?:\|.*\n)+)/
      .exec(readme)![1]!
      .trim()
      .split('\n');
    expect(rows).toHaveLength(4);
    for (const row of rows) {
      const [prompt, ...answers] = [...row.matchAll(/`([^`]+)`/g)].map(([, quoted]) => quoted!);
      expect([prompt, ...(await Promise.all(engines.map((engine) => answer(engine, prompt!))))]).toEqual([
        prompt,
        ...answers,
      ]);
    }
  });
});

async function answer(engine: Awaited<ReturnType<typeof loadEngine>>, prompt: string): Promise<string> {
  const tokens = engine.tokenizer.encode(engine.renderChat([{ role: 'user', content: prompt }]));
  const sampling = { temperature: 0, topK: 0, topP: 1, seed: 0 };
  let text = '';
  const steps = generate(engine, tokens, {
    sampling,
    maxTokens: 32,
    stop: [],
    topLogprobs: undefined,
    signal: new AbortController().signal,
  });
  for await (const step of steps) text += step.text;
  return text;
}
