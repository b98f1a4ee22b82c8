// A run is continued with the samples and the models that it began with, and keeps of them what it kept.
const selecting = ['EVALS_SAMPLES', 'EVALS_MODELS', 'EVALS_TRANSCRIPTS'] as const;

/** The command that continues an interrupted run, quoted for a shell. */
export function continueCommand(
  run: string,
  { argv, env }: Pick<NodeJS.Process, 'argv' | 'env'> = process,
): string {
  const variables = [['EVALS_RUN', run], ...selecting.map((name) => [name, env[name] ?? ''])];
  const set = variables.flatMap(([name = '', value = '']) =>
    value === '' ? [] : [`${name}=${quoted(value)}`],
  );
  return [...set, 'npx jest', ...argv.slice(2).map(quoted)].join(' ');
}

function quoted(text: string): string {
  return /^[\p{L}\p{N}@%+=:,./_-]+$/u.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
