import { spec } from './noting-project';
import { bothModes, runJest, type JestRun } from './run-jest';
import { WarmPlaces, type Status } from './warm-places';

const places = new WarmPlaces();

const answers = {
  'answers.eval.js': spec(`
    withClient(['embedded:expert'], (handle) => {
      test('answers', async () => expect((await handle.client.generate('2 + 3')).text).toContain('5'));
    });`),
  'again.eval.js': spec(`
    withClient(['embedded:expert'], (handle) => {
      test('answers again', async () => expect((await handle.client.generate('3 + 3')).text).toContain('6'));
    });`),
};

function types(run: JestRun): string[] {
  return [...new Set(run.events.map(({ type }) => type))].sort();
}

test('a warm model serves runs of both kinds without a load, in one process, and down leaves nothing', async () => {
  const up = places.json<{ supervisor: Status; loaded: string[] }>('up', 'embedded:expert');
  expect(up.loaded).toEqual(['embedded:expert']);
  const [warm] = up.supervisor.resources;
  for (const mode of bothModes) {
    const run = await runJest(answers, mode, places.run());
    expect(run.exit).toBe(0);
    expect(types(run)).toEqual(['borrowed', 'leased', 'released', 'requested', 'returned']);
    expect(run.events).toContainEqual(expect.objectContaining({ type: 'borrowed', from: up.supervisor.pid }));
    expect(run.output).toMatch(/│ embedded:expert │ +0 │ +- │ +2 │ .* │ was warm, and stays so │/);
    expect(run.output).not.toContain('stopped');
    const { supervisor } = places.json<{ supervisor: Status }>('status');
    expect(supervisor.resources).toEqual([warm]);
  }
  expect(places.json('down')).toEqual({ stopped: ['embedded:expert'], supervisor: null });
  expect(places.left()).toEqual([]);
});
