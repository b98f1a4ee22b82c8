import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import ts from 'typescript';
import { repository, type CodeBlock, type Page } from './pages';

/** What fragments may use without declaring it. */
const preamble = `
import type { ModelClient, ResourceHandle } from 'jest-model-provider';
declare global {
  /** The handle of a \`withClient\` block. */
  const handle: ResourceHandle<ModelClient>;
  /** Rows of a data set. */
  const dataset: { question: string; answer: string }[];
  /** What an example in jsdom needs of the DOM. */
  const document: { readonly body: { append(text: string): void; readonly textContent: string } };
}
`;

const checked = ['ts', 'tsx', 'js', 'mjs', 'json'];

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  types: ['jest', 'node'],
  strict: true,
  allowJs: true,
  checkJs: true,
  resolveJsonModule: true,
  esModuleInterop: true,
  skipLibCheck: true,
  noEmit: true,
};

/**
 * Type-checks the code blocks of one page against the built package, as a project in which every block with a
 * title is a file, so that blocks may import each other. JavaScript is checked as well. Returns what is
 * wrong, with the place in the page.
 */
export function typeErrors(page: Page): string[] {
  // Inside the repository, so that the package resolves by its own name; the folder exists in memory only.
  const root = join(repository, '__docs__', page.path);
  const blocks = new Map<string, CodeBlock>();
  for (const [index, block] of page.blocks.entries()) {
    const path = join(root, nameOf(block, index));
    // A page may show several versions of one file. Those of the consumer test need packages of their own, and are
    // run with them.
    if (checked.includes(block.language) && !block.attributes['source']?.startsWith('__tests__/consumer/'))
      blocks.set(blocks.has(path) ? join(root, String(index), basename(path)) : path, block);
  }
  const preamblePath = join(root, 'preamble.d.ts');
  const read = (path: string): string | undefined => {
    const block = blocks.get(path);
    return path === preamblePath ? preamble : block === undefined ? dataSet(root, path) : moduleText(block);
  };
  const roots = [preamblePath, ...blocks.keys()].filter((path) => !path.endsWith('.json'));
  const program = ts.createProgram(roots, options, host(root, read));
  return ts.getPreEmitDiagnostics(program).map((diagnostic) => describe(diagnostic, blocks));
}

function nameOf({ language, attributes }: CodeBlock, index: number): string {
  const { title, source } = attributes;
  return title ?? (source === undefined ? `block-${index}.${language}` : basename(source));
}

/** The data sets of the examples need not be printed in full. */
function dataSet(root: string, path: string): string | undefined {
  const file = join(repository, 'examples', basename(path));
  return dirname(path) === root && path.endsWith('.json') && existsSync(file)
    ? readFileSync(file, 'utf8')
    : undefined;
}

// Blocks without imports must not share their variables.
function moduleText({ language, text }: CodeBlock): string {
  const isModule = language === 'json' || /^(import|export)\b|require\(|module\.exports/m.test(text);
  return isModule ? text : `${text}export {};\n`;
}

const parsed = new Map<string, ts.SourceFile | undefined>();

/**
 * A compiler host that also sees what `read` knows below `root`, and that reads every other file once for all
 * pages.
 */
function host(root: string, read: (path: string) => string | undefined): ts.CompilerHost {
  const real = ts.createCompilerHost(options);
  const isOurs = (path: string): boolean => path === root || path.startsWith(`${root}/`);
  return {
    ...real,
    getCurrentDirectory: () => repository,
    directoryExists: (path) => isOurs(path) || (real.directoryExists?.(path) ?? false),
    fileExists: (path) => (isOurs(path) ? read(path) !== undefined : real.fileExists(path)),
    readFile: (path) => (isOurs(path) ? read(path) : real.readFile(path)),
    getSourceFile: (path, version) => {
      if (isOurs(path)) return ts.createSourceFile(path, read(path) ?? '', version);
      if (!parsed.has(path)) parsed.set(path, real.getSourceFile(path, version));
      return parsed.get(path);
    },
  };
}

function describe(
  { file, start = 0, messageText }: ts.Diagnostic,
  blocks: ReadonlyMap<string, CodeBlock>,
): string {
  const message = ts.flattenDiagnosticMessageText(messageText, '\n');
  const block = blocks.get(file?.fileName ?? '');
  if (file === undefined || block === undefined) return `${file?.fileName ?? ''}: ${message}`;
  const line = file.getLineAndCharacterOfPosition(start).line + 1;
  return `${block.place}, line ${line} of the block: ${message}`;
}
