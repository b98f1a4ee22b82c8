import { messageOf, ModelProviderError } from '../../base/errors';
import { currentRuntime } from '../../pattern/runtime';
import { DataFile, rowsOf, type FileRow } from './data-file';
import {
  decimalsAsText,
  hasDecimals,
  withStoredDecimals,
  type SchemaElement,
  type SchemaTree,
} from './parquet-decimals';

// What is used of https://github.com/hyparam/hyparquet, whose own types are those of an ES module.
interface Hyparquet {
  readonly asyncBufferFromFile: (path: string) => Promise<unknown>;
  readonly parquetMetadataAsync: (buffer: unknown) => Promise<Metadata>;
  readonly parquetSchema: (metadata: Metadata) => SchemaTree;
  readonly parquetReadObjects: (options: ReadOptions) => Promise<Record<string, unknown>[]>;
}

interface Metadata {
  readonly schema: readonly SchemaElement[];
  readonly row_groups: readonly RowGroup[];
}

interface RowGroup {
  readonly num_rows: bigint;
}

interface ReadOptions {
  readonly file: unknown;
  readonly metadata: Metadata;
  readonly rowStart: number;
  readonly rowEnd: number;
  readonly compressors?: object;
}

/**
 * The rows of a Parquet file, by the package `hyparquet`, which you install yourself, as you do
 * `hyparquet-compressors` for files that are not compressed by Snappy. The file is read as the rows are used,
 * one row group after the other, anew each time. Integers of 64 bits are numbers, or texts where a number
 * cannot hold them. Decimals are texts, to the digit.
 *
 * @param path absolute, or from the folder of the spec file, or a `file:` URL.
 * @throws ModelProviderError `EVAL_INVALID` for a path that is none and, when the rows are read, for a file
 *   that cannot be read; `DEPENDENCY_MISSING` if a package is not installed.
 * @example
 * foreach('question, answer', parquet<{ question: string; answer: string }>('questions.parquet'), fn);
 */
export function parquet<Row = Record<string, unknown>>(path: string | URL): AsyncIterable<Row> {
  const file = new DataFile('parquet', path);
  return rowsOf(file, () => rows<Row>(file));
}

async function* rows<Row>(file: DataFile): AsyncGenerator<FileRow<Row>> {
  const { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, parquetSchema } =
    await hyparquet(file);
  const compressors = await optionalCompressors();
  try {
    const buffer = await asyncBufferFromFile(file.path);
    const metadata = await parquetMetadataAsync(buffer);
    const tree = parquetSchema(metadata);
    const stored = { ...metadata, schema: withStoredDecimals(metadata.schema) };
    const exact = hasDecimals(tree)
      ? (row: unknown): unknown => decimalsAsText(row, tree)
      : (row: unknown): unknown => row;
    let rowStart = 0;
    for (const group of metadata.row_groups) {
      const rowEnd = rowStart + Number(group.num_rows);
      const found = await parquetReadObjects({
        file: buffer,
        metadata: stored,
        rowStart,
        rowEnd,
        ...(compressors === undefined ? {} : { compressors }),
      });
      for (const [index, row] of found.entries())
        yield { row: plain(exact(row)) as Row, facts: { location: file.at(rowStart + index + 1) } };
      rowStart = rowEnd;
    }
  } catch (error) {
    const codec = /unsupported compression codec: (\w+)/.exec(messageOf(error))?.[1];
    if (codec === undefined || compressors !== undefined) throw file.unreadable(error);
    throw missing(`${file.name} is compressed by ${codec}`, 'hyparquet-compressors', error);
  }
}

async function hyparquet(file: DataFile): Promise<Hyparquet> {
  try {
    return (await currentRuntime().session().importPackage('hyparquet')) as Hyparquet;
  } catch (error) {
    throw missing(`${file.name} is a Parquet file`, 'hyparquet', error);
  }
}

async function optionalCompressors(): Promise<object | undefined> {
  try {
    const found = await currentRuntime().session().importPackage('hyparquet-compressors');
    return (found as { compressors: object }).compressors;
  } catch {
    return undefined;
  }
}

function missing(why: string, name: string, cause: unknown): ModelProviderError {
  const message = `parquet(): ${why}, and ${name} is not installed. Run: npm i -D ${name}`;
  return new ModelProviderError('DEPENDENCY_MISSING', message, { cause });
}

/** A value as JSON could hold it, made of objects of this realm. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint')
    return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  if (Array.isArray(value)) return value.map(plain);
  // Of another realm, so no instance of this Date.
  if (Object.prototype.toString.call(value) === '[object Date]') return (value as Date).toISOString();
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, cell]) => [name, plain(cell)]));
}
