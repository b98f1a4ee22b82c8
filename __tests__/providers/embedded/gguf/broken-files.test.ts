import fs from 'node:fs';
import fc from 'fast-check';
import { isModelProviderError } from '../../../../src/base/errors';
import { loadEngine } from '../../../../src/providers/embedded/generation/engine';
import { checkGguf, readGgufHeader } from '../../../../src/providers/embedded/gguf/gguf';
import { writeGguf } from '../../../fixtures/gguf-writer';
import { novice, temporaryFiles, tinyModel } from '../tiny-model';

const files = temporaryFiles();
const limitMs = 1000;

/**
 * Whether a file of this content loads; anything but loading or GGUF_INVALID fails the test, and so does
 * slowness.
 */
async function loads(content: Buffer): Promise<boolean> {
  const file = files.write('damaged.gguf', content);
  const started = process.cpuUsage();
  try {
    await loadEngine(file);
    return true;
  } catch (error) {
    if (!isModelProviderError(error, 'GGUF_INVALID')) throw error;
    expect(error.message.split('\n')[0]).toContain(file);
    return false;
  } finally {
    // The time of this process, since other tests may keep the machine busy.
    const { user, system } = process.cpuUsage(started);
    expect((user + system) / 1000).toBeLessThan(limitMs);
  }
}

describe.each([
  ['a small model', writeGguf(tinyModel()), 100],
  ['a model of this package', fs.readFileSync(novice), 20],
])('%s', (_, intact, numRuns) => {
  const whole = files.write('intact.gguf', intact);
  const dataStart = Math.min(...[...readGgufHeader(whole).tensors.values()].map(({ offset }) => offset));

  it('loads when it is intact', async () => {
    expect(await loads(intact)).toBe(true);
  });

  it('is refused when it is cut anywhere', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.nat(dataStart), fc.integer({ min: dataStart, max: intact.length - 1 })),
        async (length) => expect(await loads(intact.subarray(0, length))).toBe(false),
      ),
      { numRuns },
    );
  });

  it('loads or is refused when bytes of it are changed', async () => {
    const change = fc.record({ at: fc.oneof(fc.nat(dataStart), fc.nat(intact.length - 1)), to: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const damaged = Buffer.from(intact);
        for (const { at, to } of changes) damaged[at] = to;
        await loads(damaged);
      }),
      { numRuns: numRuns * 2 },
    );
  });
});

it('a small model is refused when it is cut at each single byte of its head', () => {
  const intact = writeGguf(tinyModel());
  const file = files.write('cut.gguf', intact);
  for (let length = intact.length - 1; length >= 0; length -= length > 12_000 ? 997 : 1) {
    fs.truncateSync(file, length);
    expect(() => checkGguf(file)).toThrow(/GGUF file/);
  }
});

it('random bytes after a good beginning are refused or loaded', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 0, maxLength: 400 }), async (bytes) => {
      const head = Buffer.from([
        0x47, 0x47, 0x55, 0x46, 3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0,
      ]);
      await loads(Buffer.concat([head, bytes]));
    }),
    { numRuns: 200 },
  );
});
