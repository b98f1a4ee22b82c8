import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ModelProviderError } from '../../base/errors';
import { nearest } from '../../base/nearest';

const shipped = ['novice', 'expert'];
// From dist/src/providers/embedded to the package's models.
const modelsDirectory = join(__dirname, '..', '..', '..', '..', 'models');

/**
 * The file of a shipped model, or the file at a path.
 *
 * @throws ModelProviderError `CONFIG_INVALID` for a name that is neither.
 */
export function modelFile(name: string): string {
  if (shipped.includes(name)) return join(modelsDirectory, `${name}.gguf`);
  if (/[/\\]|\.gguf$/.test(name)) return resolve(name);
  const suggestion = nearest(name, shipped);
  const file = existsSync(`${name}.gguf`)
    ? ` For the file ${name}.gguf write "embedded:./${name}.gguf".`
    : '';
  throw new ModelProviderError(
    'CONFIG_INVALID',
    `There is no embedded model "${name}".${suggestion === undefined ? '' : ` Did you mean "embedded:${suggestion}"?`} Shipped are ${shipped.join(' and ')}; a file is named by its path, "embedded:./model.gguf".${file}`,
    { details: { name } },
  );
}
