import { join } from 'node:path';
import { eventually } from '../process/eventually';
import { dist, endScriptsAfterEach, startScript, type NodeScript } from '../process/node-script';
import { ownPlaces } from '../process/own-places';

const places = ownPlaces();
endScriptsAfterEach();

/** A script as a user writes it, outside Jest; `handle` is a handle of `embedded:novice`. */
function script(body: string): NodeScript {
  return startScript(
    `const { modelProviders } = require(${JSON.stringify(join(dist, 'src/index.js'))});
    (async () => {
      const handle = await modelProviders.setup('embedded:novice');
      console.log((await handle.client.generate('2 + 3', { maxTokens: 4, temperature: 0 })).text);
      console.log('up');
      ${body}
    })();`,
    places.env,
  );
}

const nothingLeft = (): boolean => places.left().length === 0;

describe('a script outside Jest', () => {
  it('that gives its model back and returns ends by itself and leaves nothing', async () => {
    const run = script('await handle.teardown();');
    expect(await run.ended).toBe(0);
    expect(run.output()).toMatch(/up\n$/);
    await eventually(nothingLeft);
  });

  it('that just returns ends by itself all the same, and leaves nothing', async () => {
    const run = script('');
    expect(await run.ended).toBe(0);
    await eventually(nothingLeft);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'] as const)(
    'that is ended by %s leaves nothing',
    async (signal) => {
      const run = script('setInterval(() => undefined, 1000);');
      await run.printed(/up/);
      run.child.kill(signal);
      expect(await run.ended).toBe(signal);
      await eventually(nothingLeft);
    },
  );

  it('that throws leaves nothing', async () => {
    const run = script(`throw new Error('oops');`);
    expect(await run.ended).toBe(1);
    await eventually(nothingLeft);
  });
});
