import type { Client } from 'pg';
import type { DatabaseClient } from 'jest-model-provider';

/** A schema whose database has settings, privileges, an owner, a limit and a comment of its own. */
export async function schemaWithBelongings(client: Client): Promise<void> {
  await client.query(`
    DO $do$ BEGIN
      IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'the "owner') THEN
        CREATE ROLE "the ""owner" LOGIN; CREATE ROLE reader LOGIN;
      END IF;
    END $do$;
    CREATE SCHEMA "a, b";
    CREATE TABLE "a, b".found AS SELECT 'by the search path' AS how;
    DO $do$ DECLARE db text := current_database(); BEGIN
      EXECUTE format('ALTER DATABASE %I SET search_path TO "a, b", public', db);
      EXECUTE format('ALTER DATABASE %I SET my.setting TO %L', db, 'it''s \\ "one", two');
      EXECUTE format('ALTER DATABASE %I SET timezone TO %L', db, 'Asia/Tokyo');
      EXECUTE format('ALTER ROLE reader IN DATABASE %I SET search_path TO %L', db, '');
      EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', db);
      EXECUTE format('GRANT CONNECT ON DATABASE %I TO reader WITH GRANT OPTION', db);
      EXECUTE format('ALTER DATABASE %I OWNER TO "the ""owner"', db);
      EXECUTE format('ALTER DATABASE %I CONNECTION LIMIT 77', db);
      EXECUTE format('COMMENT ON DATABASE %I IS %L', db, 'the "shop''s"');
    END $do$`);
}

/** What {@link schemaWithBelongings} gives to each database. */
export const belongings = {
  found: 'by the search path',
  search_path: '"a, b", public',
  setting: `it's \\ "one", two`,
  timezone: 'Asia/Tokyo',
  ofReader: ['search_path=""'],
  owner: 'the "owner',
  acl: ['"the ""owner"=CTc/"the ""owner"', 'reader=c*/"the ""owner"'],
  connlimit: 77,
  comment: `the "shop's"`,
};

export async function belongingsOf(client: Pick<DatabaseClient, 'query'>): Promise<unknown> {
  const { rows } = await client.query<Record<string, unknown>>(`
    SELECT (SELECT how FROM found) AS found, current_setting('search_path') AS search_path,
      current_setting('my.setting') AS setting, current_setting('timezone') AS timezone,
      (SELECT to_json(setconfig) FROM pg_db_role_setting WHERE setdatabase = d.oid AND setrole = 'reader'::regrole) AS "ofReader",
      pg_get_userbyid(datdba) AS owner, to_json(datacl) AS acl, datconnlimit AS connlimit,
      shobj_description(oid, 'pg_database') AS comment
    FROM pg_database d WHERE datname = current_database()`);
  return rows[0];
}
