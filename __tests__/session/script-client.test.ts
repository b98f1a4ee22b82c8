import { join } from 'node:path';
import { eventually } from '../support/eventually';
import { dist, endScriptsAfterEach, startScript, type NodeScript } from '../process/node-script';
import { ownPlaces } from '../support/own-places';

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

  it('may lease a dependency in the first step of a start: that one starts when the first step has returned', async () => {
    const run = startScript(
      `const { ModelProvider } = require(${JSON.stringify(join(dist, 'src/index.js'))});
      Error.stackTraceLimit = 100;
      const constraints = { maxLive: 1, sharing: 'shared', retain: 'lease', startTimeoutMs: 5000, stopTimeoutMs: 5000 };
      class Outer extends ModelProvider {
        constraints = constraints;
        createResource(_name, _config, context) {
          const leased = context.lease('inner:x', undefined);
          console.log('Outer has asked');
          return leased.then(() => ({}));
        }
        createClient(connection) { return connection; }
      }
      class Inner extends ModelProvider {
        constraints = constraints;
        async createResource() {
          const stack = new Error().stack;
          console.log('Inner starts, in a start: ' + /Outer\\.createResource/.test(stack) + ', requests: ' + (stack.match(/Scheduler\\.request/g) ?? []).length);
          return {};
        }
        createClient(connection) { return connection; }
      }
      const [outer, inner] = [new Outer(), new Inner()];
      (async () => {
        // A script's session adopts the providers that it is shown.
        await (await inner.setup('x')).teardown();
        await (await outer.setup('y')).teardown();
      })();`,
      places.env,
    );
    expect(await run.ended).toBe(0);
    expect(run.output().trim().split('\n')).toEqual([
      'Inner starts, in a start: false, requests: 1',
      'Outer has asked',
      'Inner starts, in a start: false, requests: 1',
    ]);
  });
});
