import { bothModes, runJest } from './run-jest';

test.each(bothModes)('a file may lease any number of times without a warning from Node, %s', async (mode) => {
  const { exit, output, left } = await runJest(
    {
      'many.eval.js': `
        const { modelProviders } = require('jest-model-provider');
        test('leases again and again, and many times at once', async () => {
          for (let n = 0; n < 12; n += 1) await (await modelProviders.setup('embedded:novice')).teardown();
          const handles = await Promise.all(Array.from({ length: 12 }, () => modelProviders.setup('embedded:novice')));
          for (const handle of handles) await handle.teardown();
        });`,
    },
    mode,
  );
  expect(output).not.toContain('MaxListenersExceededWarning');
  expect({ exit, left }).toEqual({ exit: 0, left: [] });
});

test.each(bothModes)(
  'many samples may wait for another try at once without a warning from Node, %s',
  async (mode) => {
    const { tests, output, left } = await runJest(
      {
        'retries.eval.js': `
        const { foreach } = require('jest-model-provider');
        const tried = new Set();
        foreach('n', Array.from({ length: 24 }, (_, n) => n), (n) => {
          if (tried.has(n)) return true;
          tried.add(n);
          throw Object.assign(new Error('busy'), { status: 503 });
        }, { concurrency: 24 });`,
      },
      mode,
    );
    expect(tests.map(({ status, message }) => [status, message])).toEqual([['passed', '']]);
    expect(output).not.toContain('MaxListenersExceededWarning');
    expect(left).toEqual([]);
  },
);
