import fc from 'fast-check';
import { keepSecret, keepSecretsIn, redact } from '../../src/base/secrets';

afterEach(() => {
  for (const name of Object.keys(process.env)) if (name.startsWith('JMP_TEST_')) delete process.env[name];
});

let secrets = 0;

/** A secret that no other test knows. */
function kept(value = `sk-kept-${(secrets += 1)}-0123456789`): string {
  keepSecret('a resource', value);
  return value;
}

describe('what is a secret', () => {
  it.each(['API_KEY', 'TOKEN', 'client_secret', 'DB_PASSWORD', 'SMTP_PASS', 'LDAP_PASSWD', 'CREDENTIALS'])(
    'the value of a variable whose name ends as in %s',
    (name) => {
      process.env[`JMP_TEST_${name}`] = `value-of-${name}`;
      expect(redact(`it is value-of-${name}.`)).toBe('it is [redacted].');
    },
  );

  it('not that of another variable', () => {
    process.env['JMP_TEST_KEYBOARD'] = 'a-keyboard-layout';
    expect(redact('a-keyboard-layout')).toBe('a-keyboard-layout');
  });

  it('a value without the line break behind it, that a file gave it', () => {
    process.env['JMP_TEST_FILE_KEY'] = 'key-of-a-file\n';
    expect(redact('"key-of-a-file"')).toBe('"[redacted]"');
  });

  it.each(['none', 'EMPTY', 'ollama', '1234567', ''])(
    'not %j, which is too short to be told from words',
    (value) => {
      process.env['JMP_TEST_SHORT_KEY'] = value;
      keepSecret('a resource', value);
      expect(redact(`say ${value} again`)).toBe(`say ${value} again`);
    },
  );

  it.each(['postgres', 'embedded', 'complete', 'infrastructure'])(
    'not %j, which this package writes itself',
    (value) => {
      process.env['JMP_TEST_PASSWORD'] = value;
      expect(redact(`${value}: yes`)).toBe(`${value}: yes`);
    },
  );

  it('what a connection calls so, at any depth', () => {
    keepSecretsIn('own:a#1', {
      baseURL: 'http://127.0.0.1',
      auth: { accessToken: 'token-of-own', port: 80 },
    });
    expect(redact('token-of-own at http://127.0.0.1')).toBe('[redacted] at http://127.0.0.1');
  });

  it.each([
    ['postgresql://app:p%40ssword-1@db/shop', 'p@ssword-1'],
    ['postgresql://app:p%40ssword-2@db/shop', 'p%40ssword-2'],
    ['postgresql://db/shop?user=app&password=password-3', 'password-3'],
  ])('the password of the URL %s', (url, password) => {
    keepSecretsIn('postgres:shop#1', { url, list: [1, null] });
    expect(redact(`refused: "${password}"`)).toBe('refused: "[redacted]"');
    expect(redact('app at db/shop')).toBe('app at db/shop');
  });
});

describe('a secret is taken out', () => {
  it('wherever it stands, and as often', () => {
    const [one, other] = [kept(), kept()];
    expect(redact(`key=${one}, ${other}; again ${one}`)).toBe('key=[redacted], [redacted]; again [redacted]');
  });

  it('whole, if another is its beginning', () => {
    kept('secret-beginning');
    kept('secret-beginning-and-end');
    expect(redact('secret-beginning-and-end')).toBe('[redacted]');
  });

  it('literally, whatever characters it holds', () => {
    kept('a.b*c$&d[1]');
    expect(redact('a.b*c$&d[1] and aXb*c$&d[1]')).toBe('[redacted] and aXb*c$&d[1]');
  });

  it('with the name of what it belongs to', () => {
    process.env['JMP_TEST_NAMED_KEY'] = 'key-with-a-name';
    const found = new Set<string>();
    redact(`key-with-a-name, ${kept()}`, found);
    expect([...found].sort()).toEqual(['JMP_TEST_NAMED_KEY', 'a resource']);
  });

  const text = fc.string({ unit: 'binary', maxLength: 40 });
  const visible = fc.string({
    minLength: 12,
    maxLength: 40,
    unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
  });
  const forms: readonly [string, (text: string) => string][] = [
    ['plain', (plain) => plain],
    ['base64', (plain) => Buffer.from(plain).toString('base64')],
    ['base64 without padding', (plain) => Buffer.from(plain).toString('base64').replace(/=+$/, '')],
    ['base64 for URLs', (plain) => Buffer.from(plain).toString('base64url')],
    ['base64 in a URL', (plain) => encodeURIComponent(Buffer.from(plain).toString('base64'))],
    ['base64 in JSON of PHP', (plain) => Buffer.from(plain).toString('base64').replaceAll('/', '\\/')],
    ['percent-encoded', (plain) => encodeURIComponent(plain)],
    ['in JSON', (plain) => JSON.stringify(plain)],
    ['in JSON within JSON', (plain) => JSON.stringify(JSON.stringify(plain))],
  ];

  // What of a secret's base64 depends on the secret alone, whatever stands before it.
  const cores = (secret: string): string[] =>
    [0, 1, 2].flatMap((offset) => {
      const padded = Buffer.concat([Buffer.alloc(offset), Buffer.from(secret)]);
      const core = (alphabet: 'base64' | 'base64url'): string =>
        padded.toString(alphabet).slice(4, Math.floor((padded.length * 8) / 6));
      return [core('base64'), core('base64url')];
    });

  test(`from every text: ${forms.map(([form]) => form).join(', ')}`, () => {
    fc.assert(
      fc.property(visible, text, text, (secret, before, after) => {
        keepSecret('a resource', secret);
        for (const [, encode] of forms) {
          const shown = redact(encode(`${before}${secret}${after}`));
          expect(shown).not.toContain(secret);
          for (const core of cores(secret)) expect(shown).not.toContain(core);
          expect(redact(shown)).toBe(shown);
        }
      }),
    );
  });

  test('and what holds none stays as it is', () => {
    kept();
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (plain) => redact(plain) === plain));
  });
});
