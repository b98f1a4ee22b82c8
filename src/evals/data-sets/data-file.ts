import { dirname, isAbsolute, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf, ModelProviderError } from '../../pattern/errors';
import { jestGlobals } from '../../pattern/jest-globals';

/** A file of rows, found as an import would find it: from the folder of the spec, or, outside Jest, from the working directory. */
export class DataFile {
  readonly path: string;
  /** As messages name it. */
  readonly name: string;
  readonly #format: string;

  constructor(format: string, path: unknown) {
    this.#format = format;
    if (typeof path !== 'string' && !(path instanceof URL))
      throw this.#invalid(`the path is a ${typeof path}; it must be a text or a file: URL`);
    const given = path instanceof URL ? fileURLToPath(path) : path;
    this.path = isAbsolute(given) ? given : resolve(folder(), given);
    this.name = relative(process.cwd(), this.path);
  }

  /** The place of a row. */
  at(line: number): string {
    return `${this.name}:${line}`;
  }

  wrong(line: number, what: string, cause?: unknown): ModelProviderError {
    return this.#invalid(`${this.at(line)} ${what}`, cause);
  }

  unreadable(cause: unknown): ModelProviderError {
    return this.#invalid(`${this.path} cannot be read: ${messageOf(cause)}`, cause);
  }

  #invalid(what: string, cause?: unknown): ModelProviderError {
    return new ModelProviderError('EVAL_INVALID', `${this.#format}(): ${what}.`, { cause });
  }
}

const files = new WeakMap<object, DataFile>();

/** The data set of a file's rows, which are read anew each time. */
export function rowsOf<Row>(
  file: DataFile,
  read: (file: DataFile) => AsyncIterator<Row>,
): AsyncIterable<Row> {
  const rows = { [Symbol.asyncIterator]: () => read(file) };
  files.set(rows, file);
  return rows;
}

/** The file whose rows a data set has. */
export function fileOf(dataset: unknown): DataFile | undefined {
  return typeof dataset === 'object' && dataset !== null ? files.get(dataset) : undefined;
}

function folder(): string {
  if (process.env['JEST_WORKER_ID'] === undefined) return process.cwd();
  const { testPath } = jestGlobals().expect.getState();
  return testPath === undefined ? process.cwd() : dirname(testPath);
}
