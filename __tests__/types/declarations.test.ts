import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';
import packageJson from '../../package.json';

const repository = join(__dirname, '../..');

/** The packages that the declarations of the public entries import, each with the files that do. */
function importedPackages(): Map<string, string[]> {
  const found = new Map<string, string[]>();
  const entries = Object.values(packageJson.exports).flatMap((entry) =>
    typeof entry === 'object' && 'types' in entry ? [join(repository, entry.types)] : [],
  );
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    const text = readFileSync(file, 'utf8');
    for (const { fileName } of ts.preProcessFile(text, true, true).importedFiles) {
      if (!fileName.startsWith('.')) {
        found.set(fileName, [...(found.get(fileName) ?? []), relative(repository, file)]);
        continue;
      }
      const path = join(dirname(file), fileName);
      visit([`${path}.d.ts`, join(path, 'index.d.ts')].find(existsSync) ?? path);
    }
  };
  entries.forEach(visit);
  return found;
}

test('the public types import what comes with the package, and in one file each what a project may have: openai and the types of pg', () => {
  const others = [...importedPackages()].filter(([name]) => {
    const scoped = name.split('/').slice(0, name.startsWith('@') ? 2 : 1);
    return (
      !name.startsWith('node:') &&
      !builtinModules.includes(name) &&
      !(scoped.join('/') in packageJson.dependencies)
    );
  });
  expect(others).toEqual([['openai', ['dist/src/providers/openai-compatible/driver.d.ts']]]);
  expect([...new Set(importedPackages().get('pg'))]).toEqual([
    'dist/src/providers/postgres-server/driver-types.d.ts',
  ]);
});

test('where a project has no types of pg, its own are taken, and nothing is an error', () => {
  const project = mkdtempSync(join(tmpdir(), 'p-'));
  try {
    copyFileSync(
      join(repository, 'dist/src/providers/postgres-server/driver-types.d.ts'),
      join(project, 'driver-types.d.ts'),
    );
    const use = join(project, 'use.ts');
    writeFileSync(
      use,
      `import type { DriverClient, DriverPool } from './driver-types';
      export const one = (client: DriverClient): Promise<{ rowCount: number | null }> => client.query('SELECT 1');
      export const idle = (pool: DriverPool): number => pool.idleCount;
      // @ts-expect-error a client has no such method
      export const unknown = (client: DriverClient): unknown => client.nothing();`,
    );
    const program = ts.createProgram([use], {
      ...{ module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
      ...{ target: ts.ScriptTarget.ES2022, strict: true, skipLibCheck: false, types: [], noEmit: true },
    });
    expect(ts.getPreEmitDiagnostics(program).map(({ messageText }) => messageText)).toEqual([]);
  } finally {
    rmSync(project, { recursive: true });
  }
});
