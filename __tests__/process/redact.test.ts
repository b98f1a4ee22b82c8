import { redact, stripControl } from '../../src/process/redact';

afterEach(() => {
  delete process.env['JMP_TEST_API_KEY'];
  delete process.env['JMP_TEST_NAME'];
});

describe('redact', () => {
  it('replaces every occurrence of every given secret', () => {
    expect(redact('key=s3cr3t-one, s3cr3t-two; again s3cr3t-one', ['s3cr3t-one', 's3cr3t-two'])).toBe(
      'key=[redacted], [redacted]; again [redacted]',
    );
  });

  it('replaces the longer of two secrets that begin alike', () => {
    expect(redact('abcdefghij', ['abcdef', 'abcdefghij'])).toBe('[redacted]');
  });

  it('takes a secret literally, whatever characters it holds', () => {
    expect(redact('a.b*c$&d and aXb*c$&d', ['a.b*c$&d'])).toBe('[redacted] and aXb*c$&d');
  });

  it.each(['JMP_TEST_API_KEY'])('replaces the value of %s, a variable named like a secret', (name) => {
    process.env[name] = 'value-of-variable';
    expect(redact('it is value-of-variable')).toBe('it is [redacted]');
  });

  it('keeps the values of other variables', () => {
    process.env['JMP_TEST_NAME'] = 'value-of-variable';
    expect(redact('it is value-of-variable')).toBe('it is value-of-variable');
  });

  it('leaves short values, which would blot out ordinary words', () => {
    expect(redact('yes, the key is yes', ['yes', ''])).toBe('yes, the key is yes');
  });
});

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
