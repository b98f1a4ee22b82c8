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
  /** The same with those that the last footer dropped: they are finished all the same, should they come back. */
  eachFinished(visit: (sample: SampleRecord) => void): void;
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
  const dropped = new Set(footer === undefined ? [] : footer.dropped);
  const eachFinished = (visit: (sample: SampleRecord) => void): void => {
    let counts = false;
    visitLog(path, (record, number) => {
      if (record.type === 'header') counts = isSameMaking(record, header);
      if (record.type === 'sample' && counts && last.get(trialKey(record)) === number) visit(record);
    });
  };
  return {
    path,
    header,
    footer,
    ...end,
    restarts,
    eachFinished,
    eachSample: (visit) => eachFinished((record) => dropped.has(record.id) || visit(record)),
  };
}

/** Names one trial of one sample within a log. */
export function trialKey({ id, trial }: Pick<SampleRecord, 'id' | 'trial'>): string {
  return `${id}/${trial}`;
}

type Making = Pick<HeaderRecord, 'code' | 'spec' | 'config' | 'identity'>;

/** Whether the samples of two segments were made by the same code and the same model. */
export function isSameMaking(a: Making, b: Making): boolean {
  return textOf(a) === textOf(b);
}

// As a text, since objects of the session belong to another realm, and are never deeply equal to those of this one.
function textOf({ code, spec, config, identity }: Making): string {
  return JSON.stringify([code, spec, config, identity]);
}
