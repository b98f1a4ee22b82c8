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
