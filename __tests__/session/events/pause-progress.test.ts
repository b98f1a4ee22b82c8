import { PauseProgress } from '../../../src/session/events/pause-progress';
import { ProgressPrinter } from '../../../src/session/events/progress';
import { eventually } from '../../support/eventually';

const endpoint = 'http://127.0.0.1:1/v1';

test('a pause that lasts is shown with what is left of it, and pauses that follow each other are one', async () => {
  const lines: string[] = [];
  const shown = new PauseProgress(new ProgressPrinter({ write: (line) => lines.push(line) }));
  shown.show({ endpoint, ms: 1000 });
  shown.show({ endpoint, ms: 500 });
  setTimeout(() => shown.show({ endpoint, ms: 60_000 }), 1200);
  shown.show({ endpoint: 'http://127.0.0.1:2/v1', ms: 1500 });
  await eventually(() => lines.length > 0);
  expect(lines).toEqual([`${endpoint} had too many requests (429): paused 2 s, 60 s to go\n`]);
});
