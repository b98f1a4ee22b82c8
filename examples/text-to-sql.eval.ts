// Text to SQL: an answer is right if it finds the rows that the expected query finds, in a real PostgreSQL. The answers are replayed,
// written by hand with the mistakes that models make: a count for a sum, a column that is not there, a query that deletes.
import { join } from 'node:path';
import { defineScorer, foreach, Result, withClient } from 'jest-model-provider';
import dataset from './text-to-sql.json';

const shop = { spec: 'postgres:shop', config: { schema: join(__dirname, 'shop.sql') } } as const;

withClient([shop], (database) => {
  withClient(['replay:text-to-sql'], (model) => {
    foreach(
      'question, query',
      dataset,
      async ({ question, query }) => {
        const { text } = await model.client.generate(question);
        const [found, expected] = [await rowsOf(text), await rowsOf(query)];
        return new Result(text, sameRows(found, expected));
      },
      // One connection has one transaction at a time.
      { title: 'text to SQL', concurrency: 1 },
    );
  });

  /** The rows that a query finds, without the names of columns; the message of the server if it refuses. */
  async function rowsOf(query: string): Promise<string> {
    await database.client.query('BEGIN READ ONLY');
    try {
      const { rows } = await database.client.query<unknown[]>({ text: query, rowMode: 'array' });
      return JSON.stringify(rows);
    } catch (error) {
      return (error as Error).message;
    } finally {
      await database.client.query('ROLLBACK');
    }
  }
});

const sameRows = defineScorer('sameRows', (found: string, expected: string) => found === expected);
