import { isModelProviderError, messageOf, ModelProviderError } from '../../base/errors';
import { isObject, showValue } from '../../base/json';
import { unknownOption } from '../../base/require-known';
import { dirname, isAbsolute, relative, resolve } from '../../base/path';
import { jestGlobals } from '../../pattern/blocks/jest-globals';
import { isEncoding } from './encodings';
import { factsOf, noteFacts, type RowFacts } from './row-location';

const { fileURLToPath } = process.getBuiltinModule('node:url');

/** Options of every file of texts. */
export interface FileOptions {
  /**
   * What its bytes are, by a label such as `windows-1252` or `shift_jis`
   * (https://encoding.spec.whatwg.org/#names-and-labels); `utf-8` by default. A byte order mark counts more.
   */
  readonly encoding?: string;
}

/** A row with what is known of it. */
export interface FileRow<Row> {
  readonly row: Row;
  readonly facts: RowFacts;
}

/**
 * A file of rows. A relative path is resolved from the folder of the spec, or outside Jest from the working
 * directory.
 */
export class DataFile {
  readonly path: string;
  /** As messages name it. */
  readonly name: string;
  readonly #format: string;

  /** @param known names of the options besides that of every file. */
  constructor(format: string, path: unknown, options: FileOptions = {}, known: readonly string[] = []) {
    this.#format = format;
    const problem = unknownOption(options, ['encoding', ...known]);
    if (problem !== undefined) throw this.#invalid(problem);
    const { encoding } = options;
    this.require(
      'encoding',
      encoding,
      "a label of an encoding, such as 'windows-1252'",
      isEncoding(encoding),
    );
    if (typeof path !== 'string' && !isUrl(path))
      throw this.#invalid(`the path is a ${typeof path}; it must be a text or a file: URL`);
    const given = isUrl(path) ? fileURLToPath(path.href) : path;
    this.path = isAbsolute(given) ? given : resolve(folder(), given);
    this.name = relative(process.cwd(), this.path);
  }

  /** @throws ModelProviderError `EVAL_INVALID` for an option that is given, and does not fit. */
  require(option: string, value: unknown, what: string, fits: boolean): void {
    if (value === undefined || fits) return;
    throw this.#invalid(`${option} is ${showValue(value)}; it must be ${what}`);
  }

  /** File and line of a row, as messages name it. */
  at(line: number): string {
    return `${this.name}:${line}`;
  }

  wrong(line: number, what: string, cause?: unknown): ModelProviderError {
    return this.#invalid(`${this.at(line)} ${what}`, cause);
  }

  /** What is wrong already stays as it is. */
  unreadable(cause: unknown): Error {
    if (isModelProviderError(cause)) return cause;
    return this.#invalid(`${this.path} cannot be read: ${messageOf(cause)}`, cause);
  }

  #invalid(what: string, cause?: unknown): ModelProviderError {
    return new ModelProviderError('EVAL_INVALID', `${this.#format}(): ${what}.`, { cause });
  }
}

const files = new WeakMap<object, DataFile>();

/** The data set of a file's rows, which are read anew each time. */
export function rowsOf<Row>(file: DataFile, read: () => AsyncGenerator<FileRow<Row>>): AsyncIterable<Row> {
  const rows = { [Symbol.asyncIterator]: () => new FileRows(read()) };
  files.set(rows, file);
  return rows;
}

/** The rows of one reading. */
class FileRows<Row> implements AsyncIterator<Row, undefined> {
  /** What is known of the last row. */
  facts: RowFacts | undefined;
  readonly #read: AsyncGenerator<FileRow<Row>>;

  constructor(read: AsyncGenerator<FileRow<Row>>) {
    this.#read = read;
  }

  async next(): Promise<IteratorResult<Row, undefined>> {
    const next: IteratorResult<FileRow<Row>, unknown> = await this.#read.next();
    if (next.done === true) return { done: true, value: undefined };
    const { row, facts } = next.value;
    this.facts = facts;
    return { done: false, value: noteFacts(row, facts) };
  }

  async return(): Promise<IteratorResult<Row, undefined>> {
    await this.#read.return(undefined);
    return { done: true, value: undefined };
  }
}

/**
 * What is known of the row that an iterator has just given, also of one that is no object. Of a generator of
 * the user's over a file, objects alone are known.
 */
export function factsOfLast(iterator: unknown, row: unknown): RowFacts | undefined {
  return iterator instanceof FileRows ? iterator.facts : factsOf(row);
}

/** The file whose rows a data set has. */
export function fileOf(dataset: unknown): DataFile | undefined {
  return typeof dataset === 'object' && dataset !== null ? files.get(dataset) : undefined;
}

/** Also one of a page, such as jsdom's, which is none of Node's. */
function isUrl(path: unknown): path is URL {
  return isObject(path) && typeof path['href'] === 'string';
}

function folder(): string {
  if (process.env['JEST_WORKER_ID'] === undefined) return process.cwd();
  const { testPath } = jestGlobals().expect.getState();
  return testPath === undefined ? process.cwd() : dirname(testPath);
}
