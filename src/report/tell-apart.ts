import type { LogName } from '../evals/log/log-path';
import type { ReadEvaluation } from './read-evaluation';

/**
 * Makes titles unique: a report would take evaluations of one title for one. Within a file the names of the
 * `describe` blocks go before the title, between files the file goes after it. The block of a model does not
 * count: its evaluations are compared with those of the other models.
 */
export function tellApart(read: readonly ReadEvaluation[]): ReadEvaluation[] {
  return byFile(byBlocks(read));
}

function byBlocks(read: readonly ReadEvaluation[]): ReadEvaluation[] {
  return read.map((evaluation) => {
    const { file, title } = evaluation.header;
    const blocks = blocksAround(evaluation.header);
    const isAlone = read.every(
      ({ header }) => header.file !== file || header.title !== title || blocksAround(header) === blocks,
    );
    return isAlone || blocks === '' ? evaluation : renamed(evaluation, `${blocks} ${title}`);
  });
}

function byFile(read: readonly ReadEvaluation[]): ReadEvaluation[] {
  return read.map((evaluation) => {
    const { file, title } = evaluation.outcome;
    const isAlone = read.every(({ outcome }) => outcome.title !== title || outcome.file === file);
    return isAlone ? evaluation : renamed(evaluation, `${title} (${file})`);
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

/** Names an evaluation in all its models, and in all runs. */
export function evaluationKey(header: LogName): string {
  return JSON.stringify([header.file, header.title, blocksAround(header)]);
}

function blocksAround({ name, title, model }: LogName): string {
  const around = name.endsWith(title) ? ` ${name.slice(0, name.length - title.length)}` : ` ${name} `;
  const at = model === '' ? -1 : around.lastIndexOf(` ${model} `);
  return (at < 0 ? around : around.slice(0, at) + around.slice(at + model.length + 1)).trim();
}
