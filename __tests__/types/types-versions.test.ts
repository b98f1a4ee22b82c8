import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { repository } from '../docs/pages';

const manifest = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {
  exports: Record<string, string | { types?: string }>;
};
const typed = Object.entries(manifest.exports).flatMap(([path, target]) =>
  typeof target === 'object' && target.types !== undefined ? [[path, target.types] as const] : [],
);

test.each(typed)(
  '%s has its types with moduleResolution node10 too, which does not know exports',
  (path, types) => {
    // As it is installed; the package itself is the only file that is there.
    const installed = '/project/node_modules/jest-model-provider';
    const here = (file: string): string => file.replace(installed, repository);
    const { resolvedModule } = ts.resolveModuleName(
      join('jest-model-provider', path),
      '/project/a.ts',
      { moduleResolution: ts.ModuleResolutionKind.Node10 },
      {
        fileExists: (file) => file.startsWith(installed) && ts.sys.fileExists(here(file)),
        readFile: (file) => ts.sys.readFile(here(file)),
        directoryExists: (folder) =>
          !folder.startsWith('/project') ||
          ts.sys.directoryExists(here(folder)) ||
          folder.startsWith('/project/node_modules') ||
          folder === '/project',
      },
    );
    expect(resolvedModule?.resolvedFileName).toBe(join(installed, types));
  },
);
