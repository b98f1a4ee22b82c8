import { readSamples, type DataSet, type Sample, type Source } from '../data-sets/data-set';
import { datasetHash, datasetName } from '../data-sets/data-set-identity';
import type { Selection } from '../data-sets/selection';

/** Where an evaluation's samples come from. */
export interface SampleSource {
  readonly name: string;
  /** Of the content; null if it can be read only once. */
  hash(): Promise<string | null>;
  /** Rows before any selection, if they can be counted beforehand. */
  readonly rows: number | null;
  read(selection: Selection<never>): Promise<Source<Sample>>;
}

/** The rows of a data set as samples. */
export function samplesOf(columns: readonly string[], dataset: DataSet<never>): SampleSource {
  return {
    name: datasetName(dataset),
    hash: () => datasetHash(dataset),
    rows: Array.isArray(dataset) ? dataset.length : null,
    read: (selection) => readSamples(columns, dataset, selection),
  };
}
