import { miniProject, runJest } from './mini-project.mjs';
import { ms, paired } from './paired.mjs';
import { sized } from './size.mjs';

// Two at least, or `-w=2` would run in one process.
const fileCount = sized(50, 2);

/**
 * The preset against Jest's own Node environment: many files with one trivial test each, the whole process.
 */
export async function overhead(rounds) {
  const files = Object.fromEntries(
    Array.from({ length: fileCount }, (_, n) => [
      `trivial-${n}.eval.js`,
      `test('adds', () => expect(1 + 1).toBe(2));\n`,
    ]),
  );
  const project = miniProject({
    ...files,
    'preset.config.js': `module.exports = { preset: 'jest-model-provider' };\n`,
    'plain.config.js': `module.exports = { testEnvironment: 'node', testMatch: ['**/*.eval.js'], reporters: ['default'] };\n`,
  });
  const rows = [];
  try {
    for (const mode of ['-i', '-w=2']) {
      const run = (config) => async () => (await runJest(project.directory, [mode, '-c', config])).wallMs;
      const { a, b, ratio, ratioLow, ratioHigh } = await paired(
        rounds,
        run('preset.config.js'),
        run('plain.config.js'),
      );
      rows.push([
        `${fileCount} trivial files, ${mode}`,
        'jest-environment-node',
        ms(a),
        ms(b),
        `${ratio.toFixed(3)} (${ratioLow.toFixed(3)}–${ratioHigh.toFixed(3)})`,
      ]);
    }
  } finally {
    project.remove();
  }
  return rows;
}
