import type { DatabaseClient } from 'jest-model-provider';

type Asked = Pick<DatabaseClient, 'query'>;

/** What PostgreSQL does with letters that are not ASCII, on any server that treats text as real ones do. */
export const lettersAnswers: Readonly<Record<string, unknown>> = {
  [`SELECT lower('ÄÉЖß')`]: 'äéжß',
  [`SELECT upper('äéжß')`]: 'ÄÉЖß',
  [`SELECT initcap('élan жук')`]: 'Élan Жук',
  [`SELECT 'Élan Жук' ILIKE 'éLAN жУК'`]: true,
  [`SELECT 'É' ~ '^\\w$' AND 'Ж' ~ '^[[:alpha:]]$' AND 'É' ~* '^é$'`]: true,
  [`SELECT regexp_replace('Élan, Жук!', '\\W', '', 'g')`]: 'ÉlanЖук',
  [`SELECT 'ÄÖÜ'::citext = 'äöü'`]: true,
  [`SELECT similarity('ÄÖÜ', 'äöü')`]: 1,
  [`SELECT word_similarity('жук', 'Красный Жук')`]: 1,
  [`SELECT to_tsvector('Die ÄPFEL, École') @@ to_tsquery('äpfel & ÉCOLE')`]: true,
  // The configuration of a server that nobody has set up otherwise.
  [`SELECT to_tsvector('running dogs')::text`]: "'dog':2 'run':1",
  // The order is that of bytes: the same on every machine.
  [`SELECT string_agg(x, '' ORDER BY x) FROM unnest(array['b', 'ä', 'A', 'a', 'Z']) x`]: 'AZabä',
  [`SELECT current_setting('server_encoding')`]: 'UTF8',
  [`SELECT current_setting('timezone')`]: 'UTC',
  [`SELECT current_setting('log_timezone')`]: 'UTC',
  [`SELECT current_setting('lc_messages')`]: 'C',
};

/** Asks a server for each of {@link lettersAnswers}. */
export async function askLetters(client: Asked): Promise<Record<string, unknown>> {
  await client.query('CREATE EXTENSION citext; CREATE EXTENSION pg_trgm');
  const answers: [string, unknown][] = [];
  for (const sql of Object.keys(lettersAnswers)) {
    const { rows } = await client.query<Record<string, unknown>>(sql);
    answers.push([sql, Object.values(rows[0] ?? {})[0]]);
  }
  return Object.fromEntries(answers);
}

/** Whether a unique index sees that two names differ in the case of their letters alone. */
export async function refusesSameName(client: Asked): Promise<string | undefined> {
  await client.query('CREATE TABLE people (name text); CREATE UNIQUE INDEX ON people (lower(name))');
  await client.query(`INSERT INTO people VALUES ('Élan')`);
  return client.query(`INSERT INTO people VALUES ('éLAN')`).then(
    () => undefined,
    (error: unknown) => (error as { code?: string }).code,
  );
}
