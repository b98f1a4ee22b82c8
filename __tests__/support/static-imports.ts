import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import ts from 'typescript';

/**
 * A static import or re-export between two files of the package, named by paths from its root without
 * extension.
 */
export interface StaticImport {
  readonly from: string;
  readonly to: string;
  /** Whether the compiler erases it. */
  readonly isType: boolean;
}

/** All static imports between files of `src/` and `preset/`. A lazy `require()` or `import()` is none. */
export function staticImports(root: string): StaticImport[] {
  const files = ['src', 'preset'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(root, folder, name)),
  );
  const known = new Set(files.map((file) => nameOf(root, file)));
  return files.flatMap((file) => {
    const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest);
    return source.statements.flatMap((statement) => {
      const specifier = specifierOf(statement);
      if (specifier === undefined) return [];
      const to = nameOf(root, join(file, '..', `${specifier}.ts`));
      return known.has(to) ? [{ from: nameOf(root, file), to, isType: isErased(statement) }] : [];
    });
  });
}

function nameOf(root: string, file: string): string {
  return relative(root, file).split(sep).join('/').replace(/\.ts$/, '');
}

function specifierOf(statement: ts.Statement): string | undefined {
  if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) return undefined;
  const { moduleSpecifier } = statement;
  return moduleSpecifier !== undefined &&
    ts.isStringLiteral(moduleSpecifier) &&
    moduleSpecifier.text.startsWith('.')
    ? moduleSpecifier.text
    : undefined;
}

function isErased(statement: ts.Statement): boolean {
  if (ts.isExportDeclaration(statement)) {
    const names = statement.exportClause;
    return (
      statement.isTypeOnly || (names !== undefined && ts.isNamedExports(names) && allTypes(names.elements))
    );
  }
  if (!ts.isImportDeclaration(statement)) return false;
  const { importClause } = statement;
  if (importClause === undefined) return false;
  const names = importClause.namedBindings;
  return (
    importClause.isTypeOnly ||
    (importClause.name === undefined &&
      names !== undefined &&
      ts.isNamedImports(names) &&
      allTypes(names.elements))
  );
}

function allTypes(names: ts.NodeArray<ts.ImportSpecifier | ts.ExportSpecifier>): boolean {
  return names.length > 0 && names.every(({ isTypeOnly }) => isTypeOnly);
}
