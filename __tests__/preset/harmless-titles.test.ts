import type { Circus } from '@jest/types';
import { makeTitlesHarmless } from '../../preset/harmless-titles';

const secret = 'secret-of-the-spec-3';

interface Named {
  type: 'test' | 'describeBlock';
  name: string;
  children: Named[];
}

const test_ = (name: string): Named => ({ type: 'test', name, children: [] });
const block = (name: string, ...children: Named[]): Named => ({ type: 'describeBlock', name, children });

/** The titles below the root, after an event. */
function titles(of: Named[], event: 'run_start' | 'add_test' = 'run_start'): string[] {
  const root = block('ROOT_DESCRIBE_BLOCK', ...of);
  const state = { rootDescribeBlock: root } as unknown as Circus.State;
  makeTitlesHarmless({ name: event } as never, state, { SPEC_KEY: secret });
  const below = ({ children }: Named): string[] => children.flatMap((child) => [child.name, ...below(child)]);
  return below(root);
}

test.each([
  'adds 2 + 3, 100 %',
  '  space around it  ',
  '',
  '日本語 é שלום عربي',
  'می\u200cخواهم',
  '👩\u200d👩\u200d👧 ❤\ufe0f\u200d🔥',
  '`code`, "quotes" & <tags> \\u001b \\n',
  '^a.*(b)[c]{2}+?|d$',
])('the ordinary title %j stays as it is', (title) => {
  expect(titles([test_(title), block(title, test_(title))])).toEqual([title, title, title]);
});

test('titles of tests and of blocks within blocks are made visible, each as one line', () => {
  expect(
    titles([block('\u001b[2Jblock', block('a\u202eb', test_('one\r\nline\u2028\ttab'))), test_('\u0000')]),
  ).toEqual(['\\u001b[2Jblock', 'a\\u202eb', 'one\\r\\nline\\u2028\\ttab', '\\u0000']);
});

test('a long title says how much is left out', () => {
  const [title = ''] = titles([test_('x'.repeat(3000))]);
  expect(title).toMatch(/^x+… \(1,\d{3} more characters\)$/);
  expect(title.length).toBeLessThanOrEqual(2000);
});

test('a title has no secret, not even one of a variable that the spec has set', () => {
  expect(titles([test_(`of ${secret}`)])).toEqual(['of [redacted]']);
});

test('what is shown already stays', () => {
  const once = titles([test_('\u001b[2J'), test_('y'.repeat(3000))]);
  expect(titles(once.map(test_))).toEqual(once);
});

test('nothing is changed before all are collected', () => {
  expect(titles([test_('\u001b')], 'add_test')).toEqual(['\u001b']);
});
