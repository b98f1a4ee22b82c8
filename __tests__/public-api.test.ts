import { join } from 'node:path';
import ts from 'typescript';

const root = join(__dirname, '..');
// Every entry of package.json's `exports` that has types.
const { exports: entries } = jest.requireActual<{
  exports: Record<string, { readonly types?: string } | string>;
}>('../package.json');
const typed = Object.entries(entries).flatMap(([name, entry]) =>
  typeof entry === 'object' && entry.types !== undefined ? [[name, join(root, entry.types)] as const] : [],
);

const program = ts.createProgram(
  typed.map(([, file]) => file),
  { module: ts.ModuleKind.Node16, moduleResolution: ts.ModuleResolutionKind.Node16, skipLibCheck: true },
);
const checker = program.getTypeChecker();
const printer = ts.createPrinter({ removeComments: true });

/** Every export of a built declaration file, with its declarations as the compiler prints them, by name. */
function publicApi(file: string): string {
  const source = program.getSourceFile(file);
  const symbol = source && checker.getSymbolAtLocation(source);
  if (symbol === undefined)
    throw new Error(`${file} exports nothing. Build the package first: npm run build`);
  const symbols = checker.getExportsOfModule(symbol).map((exported) => ({
    name: exported.name,
    target: exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported,
  }));
  const targets = new Set(symbols.map(({ target }) => target));
  return symbols
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, target }) => {
      const inner = innerBases(target).filter((base) => !targets.has(base));
      const declarations = [target, ...inner].flatMap(({ declarations = [] }) => declarations.map(print));
      return [`### ${name}`, ...declarations].join('\n');
    })
    .join('\n\n');
}

/** The classes of this package that a class inherits members from, the nearest first. */
function innerBases(symbol: ts.Symbol): ts.Symbol[] {
  if (!(symbol.flags & ts.SymbolFlags.Class)) return [];
  const bases = checker.getBaseTypes(checker.getDeclaredTypeOfSymbol(symbol) as ts.InterfaceType);
  return bases.flatMap((base) => {
    const inner = base.symbol.declarations?.every((node) =>
      node.getSourceFile().fileName.startsWith(join(root, 'dist')),
    );
    return inner === true ? [base.symbol, ...innerBases(base.symbol)] : [];
  });
}

/** A declaration without its private members, which no user can see. */
function print(node: ts.Declaration): string {
  const whole = ts.isVariableDeclaration(node) ? node.parent.parent : node;
  const text = printer.printNode(ts.EmitHint.Unspecified, whole, node.getSourceFile());
  return text
    .split('\n')
    .filter((line) => !/^\s+(#private;|private )/.test(line))
    .join('\n');
}

// From the first release on semver holds: a snapshot that changes is a change of the API, and belongs into
// the changelog.
test.each(typed)('the public API of %s is as it was', (_name, file) => {
  expect(publicApi(file)).toMatchSnapshot();
});
