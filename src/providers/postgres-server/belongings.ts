import type { Pool } from 'pg';
import { driver } from './driver';

// CREATE DATABASE … TEMPLATE copies what is in a database, but not what the server keeps about it:
// https://www.postgresql.org/docs/current/manage-ag-templatedbs.html

/** What belongs to a database and is not in it: owner, settings, privileges, limit of connections, comment. */
export interface Belongings {
  readonly owner: string;
  readonly isOwn: boolean;
  readonly connectionLimit: number;
  readonly comment: string | null;
  readonly settings: readonly { readonly role: string | null; readonly values: readonly string[] }[];
  /** Null for the privileges that a database has without any GRANT or REVOKE. */
  readonly grants: readonly Grant[] | null;
}

interface Grant {
  /** Null for PUBLIC. */
  readonly role: string | null;
  readonly privilege: string;
  readonly isGrantable: boolean;
}

/** Reads what belongs to a database. */
export async function belongingsOf(database: string, pool: Pool): Promise<Belongings> {
  const { rows } = await pool.query<Belongings>(query, [database]);
  const [row] = rows;
  if (row === undefined) throw new Error(`The database ${database} has gone`);
  return row;
}

const query = `
  SELECT pg_get_userbyid(datdba) AS owner, pg_get_userbyid(datdba) = current_user AS "isOwn",
    datconnlimit AS "connectionLimit", shobj_description(oid, 'pg_database') AS comment,
    (SELECT coalesce(json_agg(json_build_object(
        'role', CASE WHEN setrole <> 0 THEN pg_get_userbyid(setrole) END, 'values', setconfig)), '[]')
      FROM pg_db_role_setting WHERE setdatabase = d.oid) AS settings,
    CASE WHEN datacl IS NOT NULL THEN (SELECT coalesce(json_agg(json_build_object(
        'role', CASE WHEN grantee <> 0 THEN pg_get_userbyid(grantee) END,
        'privilege', privilege_type, 'isGrantable', is_grantable)), '[]')
      FROM aclexplode(datacl)) END AS grants
  FROM pg_database d WHERE datname = $1`;

/** The statements that give a new database what belongs to another one, all but the comment. */
export function statementsFor(copy: string, belongings: Belongings): string[] {
  const { owner, isOwn, connectionLimit, settings, grants } = belongings;
  const name = `DATABASE ${identifier(copy)}`;
  return [
    ...(isOwn ? [] : [`ALTER ${name} OWNER TO ${identifier(owner)}`]),
    ...(grants === null ? [] : privileges(name, owner, grants)),
    ...(connectionLimit === -1 ? [] : [`ALTER ${name} CONNECTION LIMIT ${connectionLimit}`]),
    ...settings.flatMap(({ role, values }) =>
      values.map(
        (value) =>
          `ALTER ${role === null ? name : `ROLE ${identifier(role)} IN ${name}`} SET ${assignment(value)}`,
      ),
    ),
  ];
}

/** A new database gives privileges to its owner and to everybody. */
function privileges(name: string, owner: string, grants: readonly Grant[]): string[] {
  return [
    `REVOKE ALL ON ${name} FROM PUBLIC, ${identifier(owner)}`,
    ...grants.map(
      ({ role, privilege, isGrantable }) =>
        `GRANT ${privilege} ON ${name} TO ${role === null ? 'PUBLIC' : identifier(role)}${isGrantable ? ' WITH GRANT OPTION' : ''}`,
    ),
  ];
}

// Their values are stored as lists of identifiers, every other one as text; pg_dump has the same list:
// https://github.com/postgres/postgres/blob/master/src/bin/pg_dump/dumputils.c
const lists = new Set([
  'local_preload_libraries',
  'search_path',
  'session_preload_libraries',
  'shared_preload_libraries',
  'temp_tablespaces',
]);

/** A setting as the server stores it, `name=value`, as a part of a statement. */
function assignment(stored: string): string {
  const [name, value] = [stored.slice(0, stored.indexOf('=')), stored.slice(stored.indexOf('=') + 1)];
  const values = lists.has(name.toLowerCase()) ? listed(value) : [value];
  return `${name.split('.').map(identifier).join('.')} TO ${values.map(literal).join(', ')}`;
}

function listed(value: string): string[] {
  return [...value.matchAll(/"((?:[^"]|"")*)"|([^",\s]+)/g)].map(
    ([, quoted, bare = '']) => quoted?.replaceAll('""', '"') ?? bare,
  );
}

function identifier(name: string): string {
  return driver().escapeIdentifier(name);
}

function literal(text: string): string {
  return driver().escapeLiteral(text);
}
