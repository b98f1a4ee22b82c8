import fc from 'fast-check';
import { loadEngine, type Engine } from '../../../../src/providers/embedded/generation/engine';
import {
  generate,
  type GenerationOptions,
  type GenerationStep,
} from '../../../../src/providers/embedded/generation/generation';
import { Slots } from '../../../../src/providers/embedded/server/slots';
import { StopStrings } from '../../../../src/providers/embedded/generation/stop-strings';
import { endlessModel, expert, temporaryFiles, tinyModel } from '../tiny-model';

const files = temporaryFiles();

const defaults: GenerationOptions = {
  sampling: { temperature: 0, topP: 1, topK: 0, seed: 1 },
  maxTokens: 1000,
  stop: [],
  topLogprobs: undefined,
  signal: new AbortController().signal,
};

async function run(
  engine: Engine,
  prompt: string,
  options: Partial<GenerationOptions> = {},
): Promise<GenerationStep[]> {
  const steps: GenerationStep[] = [];
  const tokens = engine.tokenizer.encode(prompt);
  for await (const step of generate(engine, tokens, { ...defaults, ...options })) steps.push(step);
  return steps;
}

const textOf = (steps: readonly GenerationStep[]): string => steps.map(({ text }) => text).join('');

describe('a model of this package', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await loadEngine(expert);
  });
  const ask = (question: string, options?: Partial<GenerationOptions>): Promise<GenerationStep[]> =>
    run(engine, engine.renderChat([{ role: 'user', content: question }]), options);

  it('ends its answer by itself, and the end token counts', async () => {
    const steps = await ask('What is 12 + 7?');
    expect(textOf(steps)).toBe('19');
    expect(steps.at(-1)).toMatchObject({ finishReason: 'stop', completionTokens: 3 });
    expect(steps.slice(0, -1).every(({ finishReason }) => finishReason === null)).toBe(true);
  });

  it('gives log-probabilities of exactly the tokens in the text', async () => {
    const steps = await ask('What is 12 + 7?', { topLogprobs: 3 });
    const tokens = steps.flatMap((step) => step.tokens);
    expect(Buffer.concat(tokens.map(({ bytes }) => bytes)).toString()).toBe('19');
    for (const { logprob, alternatives } of tokens) {
      expect(logprob).toBeLessThanOrEqual(0);
      expect(alternatives).toHaveLength(3);
      expect(alternatives[0]!.logprob).toBe(logprob);
      expect(alternatives[1]!.logprob).toBeLessThan(logprob);
    }
  });

  it('gives the same text for the same seed, and other text for some other seed', async () => {
    const sample = async (seed: number): Promise<string> =>
      textOf(
        await ask('Tell me more', { sampling: { temperature: 2, topP: 1, topK: 0, seed }, maxTokens: 30 }),
      );
    const first = await sample(1);
    expect(await sample(1)).toBe(first);
    expect(await Promise.all([2, 3, 4].map(sample))).not.toEqual([first, first, first]);
  });

  it('answers alike whether alone or with others', async () => {
    const questions = ['What is 12 + 7?', 'Is 7 even?', 'What is the capital of France?', 'Compute 76 + 43.'];
    const alone: string[] = [];
    for (const question of questions) alone.push(textOf(await ask(question)));
    expect((await Promise.all(questions.map((question) => ask(question)))).map(textOf)).toEqual(alone);
  });
});

describe('a generation', () => {
  let endless: Engine;
  beforeAll(async () => {
    endless = await loadEngine(files.write('endless.gguf', endlessModel(64)));
  });

  it('ends at the most tokens asked for', async () => {
    const steps = await run(endless, 'ab', { maxTokens: 5 });
    expect(textOf(steps)).toBe('xxxxx');
    expect(steps.at(-1)).toMatchObject({ finishReason: 'length', completionTokens: 5 });
  });

  it('ends where prompt and answer fill the context', async () => {
    const steps = await run(endless, 'ab');
    expect(steps.at(-1)).toMatchObject({ finishReason: 'length', completionTokens: 62 });
    expect((await run(endless, 'a'.repeat(250))).at(-1)).toMatchObject({ completionTokens: 1 });
  });

  it('ends before a stop string that spans tokens, without its tokens', async () => {
    const steps = await run(endless, 'ab', { stop: ['never', 'xxx'], topLogprobs: 0 });
    expect(textOf(steps)).toBe('');
    expect(steps.at(-1)).toMatchObject({ finishReason: 'stop', completionTokens: 3, tokens: [] });
  });

  it('gives back what was held for a stop string that did not come', async () => {
    expect(textOf(await run(endless, 'ab', { stop: ['xxxy'], maxTokens: 7 }))).toBe('xxxxxxx');
  });

  it('never splits a character', async () => {
    const engine = await loadEngine(
      files.write('random.gguf', tinyModel({ metadata: { 'llama.context_length': 400 } })),
    );
    const sampling = { temperature: 2, topP: 1, topK: 0, seed: 3 };
    const options = { sampling, topLogprobs: 0, maxTokens: 390 };
    const steps = await run(engine, 'ab', options);
    const bytes = Buffer.concat(steps.flatMap(({ tokens }) => tokens.map((token) => token.bytes)));
    expect(textOf(steps)).toBe(bytes.toString('utf8'));
    expect(/[\u0080-\uffff]/.test(textOf(steps).replaceAll('\ufffd', ''))).toBe(true);
  });

  it('stops when its signal is aborted, with the signal’s reason', async () => {
    const control = new AbortController();
    const steps = generate(endless, [1], { ...defaults, signal: control.signal });
    await steps.next();
    control.abort(new Error('enough'));
    await expect(steps.next()).rejects.toThrow('enough');
  });

  it('gives the rest of the process its turns', async () => {
    let turns = 0;
    let done = false;
    const count = (): void => {
      turns++;
      if (!done) setImmediate(count);
    };
    setImmediate(count);
    await run(endless, 'ab');
    done = true;
    expect(turns).toBeGreaterThanOrEqual(64 / 8 - 1);
  });
});

describe('stop strings', () => {
  it('cut a text at the earliest of them, however it is cut into pieces', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 20 });
    const stops = fc.array(fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 4 }), {
      maxLength: 3,
    });
    fc.assert(
      fc.property(fc.array(letters, { maxLength: 6 }), stops, (pieces, chosen) => {
        const watch = new StopStrings(chosen);
        let text = '';
        let stopped = false;
        for (const piece of pieces) {
          const released = watch.push(piece);
          text += released.text;
          stopped = released.stopped;
          if (stopped) break;
        }
        if (!stopped) text += watch.flush();
        const whole = pieces.join('');
        const ends = chosen
          .filter((stop) => whole.includes(stop))
          .map((stop) => whole.indexOf(stop) + stop.length);
        expect(stopped).toBe(ends.length > 0);
        // The first stop string to be complete ends the text; of several complete at once, the one that began
        // first.
        const end = Math.min(...ends);
        if (!stopped) expect(text).toBe(whole);
        else
          expect(
            whole.startsWith(text) && text.length < end && !chosen.some((stop) => text.includes(stop)),
          ).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe('slots', () => {
  const { signal } = new AbortController();

  it('are granted in the order of asking, never more than there are', async () => {
    const slots = new Slots(2);
    const order: string[] = [];
    const ask = async (name: string): Promise<() => void> => {
      const release = await slots.acquire(signal);
      order.push(name);
      return release;
    };
    const [a, b, c, d] = [ask('a'), ask('b'), ask('c'), ask('d')];
    const releaseA = await a;
    await b;
    expect(order).toEqual(['a', 'b']);
    releaseA();
    releaseA();
    await c;
    expect(order).toEqual(['a', 'b', 'c']);
    (await b)();
    await d;
    expect(order).toEqual(['a', 'b', 'c', 'd']);
  });

  it('pass by who gave up waiting', async () => {
    const slots = new Slots(1);
    const release = await slots.acquire(signal);
    const control = new AbortController();
    const impatient = slots.acquire(control.signal);
    const patient = slots.acquire(signal);
    control.abort(new Error('gone'));
    await expect(impatient).rejects.toThrow('gone');
    release();
    await expect(patient).resolves.toBeInstanceOf(Function);
    await expect(slots.acquire(control.signal)).rejects.toThrow('gone');
  });
});
