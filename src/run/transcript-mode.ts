import { ModelProviderError } from '../base/errors';
import { showValue } from '../base/json';
import { transcriptModes, type EvalRun } from '../pattern/eval-run';
import type { Given } from './given-option';

/** @throws ModelProviderError `CONFIG_INVALID` for what is none of them. */
export function readTranscriptMode(given: Given | undefined): EvalRun['transcripts'] {
  if (given === undefined) return null;
  const { value, name, isVariable } = given;
  const mode = transcriptModes.find((each) => each === value);
  if (mode !== undefined) return { mode, isOnly: isVariable };
  throw new ModelProviderError(
    'CONFIG_INVALID',
    `${name} is ${showValue(value)}; it must be all, failed or none.`,
  );
}
