import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { repository } from '../docs/pages';

const manifest = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {
  exports: Record<string, string | { types?: string }>;
};
const entries = Object.values(manifest.exports).flatMap((target) =>
  typeof target === 'object' && target.types !== undefined ? [join(repository, target.types)] : [],
);
// It exists in memory only.
const use = join(repository, '__tests__/types/use.ts');
const program = `
  import type { ModelClient } from 'jest-model-provider';
  export const answer = async (client: ModelClient): Promise<string> => (await client.generate('2 + 3')).text;
  export const models = (client: ModelClient): unknown => client.openai.models;`;

const options: ts.CompilerOptions = {
  ...{ target: ts.ScriptTarget.ES2022, lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'] },
  ...{ module: ts.ModuleKind.Node16, moduleResolution: ts.ModuleResolutionKind.Node16 },
  ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
  ...{ skipLibCheck: false, types: ['node'], noEmit: true },
};

/** The compiler's messages on the program and the package's declarations, where the SDK is not installed. */
function diagnose(): string[] {
  const host = ts.createCompilerHost(options);
  const getSourceFile = host.getSourceFile.bind(host);
  host.getSourceFile = (file, version) =>
    file === use ? ts.createSourceFile(file, program, version) : getSourceFile(file, version);
  host.resolveModuleNameLiterals = (names, from, redirected, settings, containing) =>
    names.map((name) => {
      if (/^openai(\/|$)/.test(name.text)) return { resolvedModule: undefined };
      const mode = ts.getModeForUsageLocation(containing, name, settings);
      return ts.resolveModuleName(name.text, from, settings, host, undefined, redirected, mode);
    });
  const created = ts.createProgram([use, ...entries], options, host);
  const checked = created
    .getSourceFiles()
    .filter(({ fileName }) => fileName === use || fileName.startsWith(join(repository, 'dist')));
  expect(checked.length).toBeGreaterThan(entries.length);
  return checked.flatMap((source) =>
    [...created.getSyntacticDiagnostics(source), ...created.getSemanticDiagnostics(source)].map(
      ({ messageText }) => `${source.fileName}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
    ),
  );
}

test('the declarations compile with all checks on where the SDK is not installed, and `.openai` says so', () => {
  expect(diagnose()).toEqual([`${use}: Property 'models' does not exist on type 'OpenAINotInstalled'.`]);
});
