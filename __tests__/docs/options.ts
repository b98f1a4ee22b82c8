import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { repository } from './pages';

/** The names of all properties of an exported interface or type of src/. */
export function propertiesOf(type: string): string[] {
  const sources = join(repository, 'src');
  for (const name of readdirSync(sources, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts')) continue;
    const text = readFileSync(join(sources, name), 'utf8');
    const members = ts
      .createSourceFile(name, text, ts.ScriptTarget.Latest)
      .statements.flatMap((statement) => membersOf(statement, type));
    if (members.length > 0) return members;
  }
  throw new Error(`There is no ${type} in src/`);
}

function membersOf(statement: ts.Statement, type: string): string[] {
  const isIt =
    (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) &&
    statement.name.text === type;
  if (!isIt) return [];
  const members = ts.isInterfaceDeclaration(statement)
    ? statement.members
    : ts.isTypeLiteralNode(statement.type)
      ? statement.type.members
      : [];
  return members.flatMap(({ name }) => (name !== undefined && ts.isIdentifier(name) ? [name.text] : []));
}
