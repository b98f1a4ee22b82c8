import fc from 'fast-check';
import { createTokenizer, type Tokenizer } from '../../../../src/providers/embedded/tokenizer/tokenizer';
import { readGgufHeader } from '../../../../src/providers/embedded/gguf/gguf';
import type { MetadataValue } from '../../../fixtures/gguf-writer';
import { expert, temporaryFiles, tinyModel, tinyTokens } from '../tiny-model';

const files = temporaryFiles();

const tinyTokenizer = (metadata: Record<string, MetadataValue | undefined> = {}): Tokenizer =>
  createTokenizer(readGgufHeader(files.write('tokenizer.gguf', tinyModel({ metadata }))));

const tokensOf = (tokenizer: Tokenizer, text: string): string[] =>
  tokenizer.encode(text).map((id) => tinyTokens[id]!);

describe('the tokenizer of this package’s models', () => {
  const tokenizer = createTokenizer(readGgufHeader(expert));

  it('gives back every text that holds no special token', () => {
    const text = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom(' ', '\n', '7', 'a', "'", '<', '|', '\u0085', '\ufeff', '🙂') }),
    );
    fc.assert(
      fc.property(text, (original) => {
        expect(tokenizer.decode(tokenizer.encode(original))).toBe(original);
      }),
      { numRuns: 500 },
    );
  });

  it('gives the token ids of llama-server', () => {
    // Recorded from POST /tokenize of llama-server b10434 with this vocabulary.
    const text = '<|user|>a  b\u0085c\ufeff 12<|end|>';
    expect(tokenizer.encode(text)).toEqual([2, 69, 225, 346, 131, 232, 71, 176, 124, 128, 225, 21, 22, 4]);
  });

  it('takes a megabyte in one word without growing slow', () => {
    const started = process.cpuUsage();
    expect(tokenizer.decode(tokenizer.encode('is'.repeat(500_000)))).toHaveLength(1_000_000);
    // The time of this process, since other tests may keep the machine busy.
    const { user, system } = process.cpuUsage(started);
    expect((user + system) / 1000).toBeLessThan(10_000);
  });
});

describe('byte-pair merging', () => {
  const tokenizer = tinyTokenizer();

  it('joins the pair of lowest rank first, the leftmost of equals', () => {
    expect(tokensOf(tokenizer, 'the')).toEqual(['the']);
    expect(tokensOf(tokenizer, 'aaa')).toEqual(['aa', 'a']);
    expect(tokensOf(tokenizer, 'aaaaaaa')).toEqual(['aaaa', 'aa', 'a']);
  });

  it('does not cross words', () => {
    expect(tokensOf(tokenizer, 'a the')).toEqual(['a', 'Ġthe']);
    expect(tokensOf(tokenizer, 't he')).toEqual(['t', 'Ġ', 'h', 'e']);
  });

  it('agrees with merging one pair after the other, whatever the order of the rules', () => {
    const rules = ['b c', 'a b', 'bc d', 'a bc', 'ab c', 'c c', 'd a', 'cc a'];
    const merged = rules.map((rule) => rule.replace(' ', ''));
    const tokens = [...tinyTokens.filter((token) => !merged.includes(token)), ...new Set(merged)];
    const special = tinyTokenizer({
      'tokenizer.ggml.merges': rules,
      'tokenizer.ggml.tokens': tokens,
      'tokenizer.ggml.token_type': Int32Array.from(tokens, (token) => (token.startsWith('<|') ? 3 : 1)),
    });
    const slow = (word: string): string[] => {
      const parts = [...word];
      for (;;) {
        const ranks = parts.slice(1).map((part, index) => rules.indexOf(`${parts[index]} ${part}`));
        const best = Math.min(...ranks.filter((rank) => rank >= 0));
        if (best === Infinity) return parts;
        const at = ranks.indexOf(best);
        parts.splice(at, 2, parts[at]! + parts[at + 1]!);
      }
    };
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'd'), minLength: 1 }), (word) => {
        expect(special.encode(word).map((id) => tokens[id])).toEqual(slow(word));
      }),
      { numRuns: 300 },
    );
  });
});

describe('special tokens', () => {
  it('count wherever they stand in a prompt, as in llama-server', () => {
    const tokens = tokensOf(tinyTokenizer(), '<|user|>a<|end|><|user<|end|>');
    expect(tokens).toEqual(['<|user|>', 'a', '<|end|>', '<', '|', 'u', 's', 'e', 'r', '<|end|>']);
  });

  it('have no text', () => {
    const tokenizer = tinyTokenizer();
    expect(tokenizer.decode(tokenizer.encode('a<|user|>b'))).toBe('ab');
  });

  it('begin the prompt of a model that asks for it', () => {
    const metadata = {
      'tokenizer.ggml.add_bos_token': true,
      'tokenizer.ggml.bos_token_id': tinyTokens.indexOf('<|user|>'),
    };
    expect(tokensOf(tinyTokenizer(metadata), 'a')).toEqual(['<|user|>', 'a']);
  });

  it('end an answer by the file’s end token and by the names that llama.cpp knows', () => {
    const { endTokens } = tinyTokenizer({ 'tokenizer.ggml.eos_token_id': 5 }).vocabulary;
    expect([...endTokens]).toEqual([5, tinyTokens.indexOf('<|end|>')]);
  });
});

describe('the word pattern', () => {
  const words = (pre: string | undefined, text: string): string[] =>
    tokensOf(tinyTokenizer({ 'tokenizer.ggml.pre': pre }), text);

  it('splits digits one by one for smollm, keeps the space before a number for gpt-2', () => {
    const merges = ['1 2', 'Ġ 1'];
    const tokens = [...tinyTokens, '12', 'Ġ1'];
    const metadata = {
      'tokenizer.ggml.merges': merges,
      'tokenizer.ggml.tokens': tokens,
      'tokenizer.ggml.token_type': Int32Array.from(tokens, (token) => (token.startsWith('<|') ? 3 : 1)),
    };
    const encode = (pre: string, text: string): (string | undefined)[] =>
      tinyTokenizer({ ...metadata, 'tokenizer.ggml.pre': pre })
        .encode(text)
        .map((id) => tokens[id]);
    expect(encode('smollm', ' 12')).toEqual(['Ġ', '1', '2']);
    expect(encode('gpt-2', ' 12')).toEqual(['Ġ', '12']);
    expect(encode('gpt-2', ' 13')).toEqual(['Ġ1', '3']);
    expect(encode('default', ' 13')).toEqual(['Ġ', '1', '3']);
  });

  it('is llama.cpp’s default when the file names none', () => {
    expect(words(undefined, ' the')).toEqual(['Ġthe']);
  });
});

describe('an unsupported or contradictory tokenizer is refused by the key:', () => {
  it.each<[string, MetadataValue | undefined, RegExp]>([
    ['tokenizer.ggml.model', 'llama', /is "llama"; only "gpt2"/],
    ['tokenizer.ggml.model', undefined, /is missing/],
    ['tokenizer.ggml.pre', 'qwen2', /is "qwen2"; only gpt-2, smollm, default work/],
    ['tokenizer.ggml.tokens', tinyTokens.slice(1), /has \d+ elements for \d+ tokens/],
    ['tokenizer.ggml.tokens', undefined, /is missing/],
    ['tokenizer.ggml.tokens', 5, /is not an array of strings/],
    ['tokenizer.ggml.tokens', ['twin', 'twin', ...tinyTokens.slice(2)], /has "twin" twice/],
    ['tokenizer.ggml.tokens', ['no byte', ...tinyTokens.slice(1)], /has no token for the byte 0/],
    [
      'tokenizer.ggml.tokens',
      [...tinyTokens.slice(0, -4), '€', ...tinyTokens.slice(-3)],
      /"€" at \d+, which is not byte-level/,
    ],
    ['tokenizer.ggml.token_type', new Int32Array(tinyTokens.length).fill(6), /unsupported type 6/],
    ['tokenizer.ggml.merges', ['th'], /has "th" at 0/],
    ['tokenizer.ggml.merges', ['q q'], /has "q q" at 0/],
    ['tokenizer.ggml.eos_token_id', 100_000, /is 100000, not from 0/],
    ['tokenizer.ggml.eos_token_id', undefined, /is missing/],
    ['tokenizer.ggml.add_eos_token', true, /not supported/],
    ['tokenizer.ggml.add_bos_token', 'yes', /is not a boolean/],
  ])('%s %#', (key, value, problem) => {
    const make = (): Tokenizer => tinyTokenizer({ [key]: value });
    expect(make).toThrow(expect.objectContaining({ code: 'GGUF_INVALID' }));
    expect(make).toThrow(problem);
    expect(make).toThrow(/cannot be used: tokenizer\.ggml\./);
  });
});
