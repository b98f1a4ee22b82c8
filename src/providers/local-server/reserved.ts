import { ModelProviderError } from '../../pattern/errors';

/** Names of variables or arguments that a provider gives its servers itself, with what to do instead of giving another. */
export type Reserved = Readonly<Record<string, string>>;

/** For what is new with each start, and known to nobody before. */
export const eachStart = 'each start has its own';

/** Where every server of this machine listens. */
export const loopbackOnly = 'it listens on 127.0.0.1';

/**
 * Refuses variables and arguments that would lead a server off its lease, or its clients astray.
 *
 * @param provider for messages, as `option` is.
 * @throws ModelProviderError `CONFIG_INVALID` naming the variable or argument, and what to do instead.
 */
export function refuseReserved(
  provider: string,
  option: string,
  names: readonly string[],
  reserved: Reserved,
): void {
  const name = names.find((candidate) => Object.hasOwn(reserved, candidate));
  if (name === undefined) return;
  throw new ModelProviderError(
    'CONFIG_INVALID',
    `${provider}: ${option} has ${name}, which the provider gives itself: ${reserved[name]}.`,
    { details: { option } },
  );
}

/** The names of the arguments among what a user adds to a command line. Python's parsers read `--api_key` as `--api-key`. */
export function argumentNames(extraArgs: readonly string[]): string[] {
  return extraArgs.map((argument) => {
    const name = argument.replace(/=.*$/s, '');
    return name.startsWith('--') ? name.replaceAll('_', '-') : name;
  });
}
