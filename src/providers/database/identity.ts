import type { Json } from '../../pattern/json';
import { chooseServer } from '../postgres-server/choose-server';
import { knownVersion } from '../postgres-server/known-version';
import { checkConfig, checkOptions } from './options';
import type { DatabaseConfig, DatabaseOptions } from './provider';
import { loadSchema } from './schema/load-schema';

/**
 * What a database holds and which server has it, without starting one. A function is told by its text: what it calls is not seen.
 *
 * @throws ModelProviderError `CONFIG_INVALID`, `SCHEMA_FAILED`.
 */
export async function databaseIdentity(
  name: string,
  config: DatabaseConfig,
  options: DatabaseOptions,
): Promise<Json> {
  checkOptions(options);
  checkConfig(name, config);
  const { schemas, server } = options;
  const schema = loadSchema(name, schemas, config.schema);
  return { schema: schema?.text ?? null, server: await knownVersion(chooseServer(server).spec) };
}
