import type { Json } from '../../base/json';
import { chooseServer } from '../postgres-server/choose-server';
import { knownVersion } from '../postgres-server/known-version';
import { checkConfig, checkOptions, type DatabaseConfig, type DatabaseOptions } from './options';
import { loadSchema } from './schema/load-schema';

/**
 * What a database holds, its locale, and which server has it, without starting one. A function is identified
 * by its text alone: what it calls is not known.
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
  const { schemas, server, icuLocale } = options;
  const schema = loadSchema(name, schemas, config.schema);
  return {
    schema: schema?.text ?? null,
    ...(icuLocale === undefined ? {} : { icuLocale }),
    server: await knownVersion(chooseServer(server).spec),
  };
}
