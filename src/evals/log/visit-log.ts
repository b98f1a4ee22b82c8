import { ModelProviderError } from '../../base/errors';
import { kindOf } from '../../base/kind-of';
import { isObject, parsedJson, showValue } from '../../base/json';
import { printable } from '../../base/printable';
import { packageVersion } from '../../base/version';
import { fromSchema1 } from './earlier-schema';
import { logLines, type LogEnd } from './log-lines';
import { logSchema, type HeaderRecord, type LogRecord } from './log-record';
import { wrongField } from './wrong-field';

const readable: readonly unknown[] = [1, logSchema];

/**
 * Reads a log line by line, without holding it.
 *
 * @param visit called with each record and its number, from 0.
 * @throws ModelProviderError `LOG_INVALID` for a file that cannot be read, does not begin with a header of
 *   a schema that can be read, or has a line that is no record. A torn last line is no error.
 */
export function visitLog(path: string, visit: (record: LogRecord, number: number) => void): LogEnd {
  let number = 0;
  let header: Pick<HeaderRecord, 'schema' | 'model'> = { schema: logSchema, model: '' };
  const lines = logLines(path);
  for (let line = lines.next(); ; line = lines.next()) {
    if (line.done === true) return line.value;
    const parsed = parse(path, number, line.value);
    if (number === 0) requireHeader(path, parsed);
    const record = recordOf(path, number, header.schema === 1 ? fromSchema1(parsed, header.model) : parsed);
    if (record.type === 'header') header = record;
    visit(record, number);
    number += 1;
  }
}

/**
 * The schema of a log; undefined if it does not begin with a header, because it is damaged or its process was
 * killed before the first line was there.
 *
 * @throws ModelProviderError `LOG_INVALID` for a schema that cannot be read, such as that of a later version.
 */
export function schemaOf(path: string): number | undefined {
  const lines = logLines(path);
  const { done, value } = lines.next();
  lines.return({ length: 0, torn: 0 });
  const header = done === true ? undefined : parsedJson(value);
  if (!isObject(header) || header['type'] !== 'header') return undefined;
  requireHeader(path, header);
  return header['schema'] as number;
}

function parse(path: string, number: number, line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw damaged(path, number, 'is not JSON', error);
  }
}

function recordOf(path: string, number: number, line: unknown): LogRecord {
  const field = wrongField(line);
  if (field === undefined) return line as LogRecord;
  const what = field === '' ? `it is ${kindOf(line)}` : `its field ${field} is missing, or is none of a log`;
  throw damaged(path, number, `is no line of a log: ${what}`);
}

function damaged(path: string, number: number, what: string, cause?: unknown): ModelProviderError {
  return new ModelProviderError(
    'LOG_INVALID',
    `The log ${path} is damaged: line ${number + 1} ${what}. Move it away, and its samples are run again.`,
    { cause },
  );
}

function requireHeader(path: string, record: unknown): void {
  const { type, schema, packages } = isObject(record) ? record : {};
  if (type !== 'header')
    throw new ModelProviderError(
      'LOG_INVALID',
      `The log ${path} is none: it begins with no header. Move it away, and its samples are run again.`,
    );
  if (readable.includes(schema)) return;
  const wrote = isObject(packages) ? packages['jest-model-provider'] : undefined;
  const writer =
    typeof wrote === 'string' ? `jest-model-provider ${printable(wrote)}` : 'another version of this package';
  throw new ModelProviderError(
    'LOG_INVALID',
    `The log ${path} has schema ${showValue(schema)}, written by ${writer}; this is ${packageVersion}, which reads schema ${readable.join(' and ')}. Read it with the version that wrote it, or a later one.`,
  );
}
