import { ModelProviderError } from '../../base/errors';

/**
 * Names of variables or arguments that a provider sets itself, each with the reason or with the option to use
 * instead.
 */
export type Reserved = Readonly<Record<string, string>>;

/** The reason for a value that is new with each start. */
export const eachStart = 'each start has its own';

/** The reason for the address: every local server listens there. */
export const loopbackOnly = 'it listens on 127.0.0.1';

/**
 * Refuses variables and arguments that the lease or the start of a server decides.
 *
 * @param provider name for messages, as is `option`.
 * @throws ModelProviderError `CONFIG_INVALID` naming the variable or argument, and the reason.
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

/**
 * The names of the arguments that a user adds to a command line. Python's parsers read `--api_key` as
 * `--api-key`.
 */
export function argumentNames(extraArgs: readonly string[]): string[] {
  return extraArgs.map((argument) => {
    const name = argument.replace(/=.*$/s, '');
    return name.startsWith('--') ? name.replaceAll('_', '-') : name;
  });
}
