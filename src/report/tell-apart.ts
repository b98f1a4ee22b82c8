import type { LogName } from '../evals/log/log-path';
import type { ReadEvaluation } from './read-evaluation';

/**
 * Evaluations of one file that share their title, in different `describe` blocks, get the names of these blocks before it: in a
 * report they would be one. The block of a model does not count, for its evaluations are compared.
 */
export function tellApart(read: readonly ReadEvaluation[]): ReadEvaluation[] {
  return read.map((evaluation) => {
    const { file, title } = evaluation.header;
    const blocks = blocksAround(evaluation.header);
    const isAlone = read.every(
      ({ header }) => header.file !== file || header.title !== title || blocksAround(header) === blocks,
    );
    return isAlone || blocks === '' ? evaluation : renamed(evaluation, `${blocks} ${title}`);
  });
}

function renamed(evaluation: ReadEvaluation, title: string): ReadEvaluation {
  const { outcome, worst } = evaluation;
  return {
    ...evaluation,
    outcome: { ...outcome, title },
    worst: worst.map((sample) => ({ ...sample, title })),
  };
}

function blocksAround({ name, title, model }: LogName): string {
  const around = name.endsWith(title) ? ` ${name.slice(0, name.length - title.length)}` : ` ${name} `;
  const at = model === '' ? -1 : around.lastIndexOf(` ${model} `);
  return (at < 0 ? around : around.slice(0, at) + around.slice(at + model.length + 1)).trim();
}
