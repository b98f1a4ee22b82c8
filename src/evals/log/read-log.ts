import { isDeepStrictEqual } from 'node:util';
import { ModelProviderError } from '../../pattern/errors';
import type { FooterRecord, HeaderRecord, SampleRecord } from './log-record';
import { visitLog } from './visit-log';

/** What a log says in the end. */
export interface EvalLog {
  readonly path: string;
  /** The last one: where the log was continued, it says how. */
  readonly header: HeaderRecord;
  /** Undefined if the last run over the data set was killed. */
  readonly footer: FooterRecord | undefined;
  /** Bytes of complete lines, and of the line that was being written when the process was killed. */
  readonly length: number;
  readonly torn: number;
  readonly restarts: number;
  /** Calls `visit` with each sample that counts, in the order in which they ended. Reads the file anew. */
  eachSample(visit: (sample: SampleRecord) => void): void;
}

/**
 * Reads a log. The samples that count are the last of each id and trial, made by the code and the model of the last header, without
 * those that the last footer dropped.
 *
 * @throws ModelProviderError `LOG_INVALID`.
 */
export function readLog(path: string): EvalLog {
  const headers: { readonly header: HeaderRecord; readonly from: number }[] = [];
  let footer: FooterRecord | undefined;
  let restarts = 0;
  const last = new Map<string, number>();
  const end = visitLog(path, (record, number) => {
    switch (record.type) {
      case 'header':
        headers.push({ header: record, from: number });
        footer = undefined;
        break;
      case 'sample':
        last.set(trialKey(record), number);
        footer = undefined;
        break;
      case 'restart':
        restarts += 1;
        break;
      case 'footer':
        footer = record;
        break;
    }
  });
  const header = headers.at(-1)?.header;
  if (header === undefined) throw new ModelProviderError('LOG_INVALID', `The log ${path} is empty.`);
  const dropped = new Set(footer === undefined ? [] : (footer).dropped);
  return {
    path,
    header,
    footer,
    ...end,
    restarts,
    eachSample: (visit) => {
      let counts = false;
      visitLog(path, (record, number) => {
        if (record.type === 'header') counts = isSameMaking(record, header);
        if (record.type !== 'sample' || !counts || dropped.has(record.id)) return;
        if (last.get(trialKey(record)) === number) visit(record);
      });
    },
  };
}

/** Names one trial of one sample within a log. */
export function trialKey({ id, trial }: Pick<SampleRecord, 'id' | 'trial'>): string {
  return `${id}/${trial}`;
}

/** Whether the samples of two segments were made by the same code and the same model. */
export function isSameMaking(
  a: Pick<HeaderRecord, 'code' | 'spec' | 'config' | 'identity'>,
  b: Pick<HeaderRecord, 'code' | 'spec' | 'config' | 'identity'>,
): boolean {
  return (
    a.code === b.code &&
    a.spec === b.spec &&
    isDeepStrictEqual(a.config, b.config) &&
    isDeepStrictEqual(a.identity, b.identity)
  );
}
