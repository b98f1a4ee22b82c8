import { stripControl } from '../../../src/process/output/strip-control';

describe('stripControl', () => {
  it.each([
    ['\u001b[31mred\u001b[0m', 'red'],
    ['\u001b]0;title\u0007text', 'text'],
    ['\u001b]8;;http://x\u001b\\link\u001b]8;;\u001b\\', 'link'],
    ['bell\u0007, back\b, null\u0000', 'bell, back, null'],
    ['\u009b31mred', '31mred'],
    ['tab\tand\nline', 'tab\tand\nline'],
    ['naïve 漢字 🙂', 'naïve 漢字 🙂'],
  ])('makes %j to %j', (text, plain) => {
    expect(stripControl(text)).toBe(plain);
  });
});
