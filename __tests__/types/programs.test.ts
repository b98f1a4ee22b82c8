import path from 'node:path';
import ts from 'typescript';

const root = path.resolve(__dirname, '../..');

// Parsed once for all programs, because their options are equal for the parser.
const sources = new Map<string, ts.SourceFile>();

/** The compiler's messages, `file:line message`. `changes` are texts that replace those of files. */
function diagnose(
  config: string,
  files: readonly string[] | undefined,
  changes: Record<string, string> = {},
): string[] {
  const { config: json } = ts.readConfigFile(config, ts.sys.readFile) as { config: unknown };
  const { options, fileNames } = ts.parseJsonConfigFileContent(json, ts.sys, path.dirname(config));
  const host = ts.createCompilerHost(options);
  const [readFile, getSourceFile] = [host.readFile.bind(host), host.getSourceFile.bind(host)];
  host.readFile = (file) => changes[file] ?? readFile(file);
  host.getSourceFile = (file, ...how) => {
    if (file in changes) return getSourceFile(file, ...how);
    const source = sources.get(file) ?? getSourceFile(file, ...how);
    if (source !== undefined) sources.set(file, source);
    return source;
  };
  const names = files ?? fileNames;
  const program = ts.createProgram(names, { ...options, noEmit: true }, host);
  return names.flatMap((name) => {
    const source = program.getSourceFile(name);
    if (source === undefined) return [`${name} is not there`];
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
      ({ start = 0, messageText }) => {
        const { line } = source.getLineAndCharacterOfPosition(start);
        return `${path.basename(name)}:${line + 1} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
      },
    );
  });
}

const own = path.join(__dirname, 'register/tsconfig.json');
const spec = path.join(__dirname, 'register/spec.ts');
const types = ts.sys.readDirectory(__dirname, ['.ts'], ['register', 'programs.test.ts'], ['*.ts']);

test('the typed tests of this folder compile, wrong lines where they say so included', () => {
  expect(types.length).toBeGreaterThan(0);
  expect(diagnose(path.join(root, 'tsconfig.json'), types)).toEqual([]);
});

test("a project's own providers have typed clients once it registers them", () => {
  expect(diagnose(own, undefined)).toEqual([]);
});

test('without the registration the same program does not compile', () => {
  const providers = path.join(__dirname, 'register/providers.ts');
  const text = ts.sys.readFile(providers) ?? '';
  const found = diagnose(own, undefined, { [providers]: text.slice(0, text.indexOf('declare module')) });
  expect(found.some((line) => line.startsWith('spec.ts:'))).toBe(true);
});

describe('the compiler refuses', () => {
  const wrong: [line: string, message: string][] = [
    [
      "expectType<Equal<ClientOf<'shop:a'>, Tiny>>();",
      "Type 'false' does not satisfy the constraint 'true'.",
    ],
    [
      "withClient(['shop:a'], (handle) => { handle.client.nothing; });",
      "Property 'nothing' does not exist on type 'Shop'.",
    ],
    [
      "withClient(['shop:a', 'llama:x'], (handle) => { void handle.client.prices(); });",
      "Property 'prices' does not exist on type 'Shop | ModelClient'.",
    ],
    ["withClient(['other:a'], (handle) => { handle.client.x; });", "'handle.client' is of type 'unknown'."],
    [
      "withClients({ db: 'shop:a', model: 'llama:x' }, ({ db }) => { void db.client.generate('x'); });",
      "Property 'generate' does not exist on type 'Shop'.",
    ],
    [
      "withClient(['shop:a'], { scope: 'file' }, () => undefined);",
      `Type '"file"' is not assignable to type '"block" | "test"'.`,
    ],
    ["withClient([{ spec: 'shop:a', config: () => 1 }], () => undefined);", 'is not assignable to type'],
    [
      "void modelProviders.setup('shop:a', new Date());",
      "is not assignable to parameter of type 'Json | undefined'",
    ],
  ];
  let found: string[];
  let before: number;
  beforeAll(() => {
    const text = ts.sys.readFile(spec) ?? '';
    before = text.split('\n').length;
    const lines = wrong.map(([line]) => line);
    found = diagnose(own, undefined, { [spec]: [text, ...lines].join('\n') });
  });

  test.each(wrong.map(([line, message], index) => ({ line, message, index })))(
    '$line',
    ({ message, index }) => {
      const said = found.filter((line) => line.startsWith(`spec.ts:${before + index + 1} `));
      expect(said).toEqual([expect.stringContaining(message)]);
    },
  );

  test('nothing else', () => {
    expect(found).toHaveLength(wrong.length);
  });
});
