import { stableStringify } from '../base/json';
import { basename, dirname, join } from '../base/path';
import { slug } from '../base/slug';
import type { RecordedPlace } from '../pattern/recordings';
import type { ResourceRef } from '../pattern/resource-spec';
import type { RecordingHeader } from './recording-lines';

const { createHash } = process.getBuiltinModule('node:crypto');

/** The folder of recordings, beside the spec files. */
export const recordingsFolder = '__recordings__';

/** Of the names of recordings. */
export const ending = '.jsonl';

// Of two slugs, each unit has three bytes at most, and a file name has 255 bytes.
const slugLength = 36;

/** The folder of a spec file's recordings: beside it, as its snapshots are. */
export function recordingsOf(specFile: string): string {
  return join(dirname(specFile), recordingsFolder, basename(specFile));
}

/**
 * Where what an evaluation, or a test, has asked a resource is recorded. The hash tells names apart that look alike;
 * the slugs are for people.
 */
export function recordingPath(
  specFile: string,
  { name, title }: Pick<RecordedPlace, 'name' | 'title'>,
  { provider, name: model, config }: ResourceRef,
): string {
  const spec = `${provider}:${model}`;
  const hash = recordingHash({ name, spec, config: config ?? null });
  const readable = [slug(title, slugLength), slug(spec, slugLength)].filter((part) => part !== '').join('.');
  return join(recordingsOf(specFile), `${readable}.${hash}${ending}`);
}

/** What ends the name of a recording, before {@link ending}. */
export function recordingHash({
  name,
  spec,
  config,
}: Pick<RecordingHeader, 'name' | 'spec' | 'config'>): string {
  return createHash('sha256')
    .update(stableStringify([name, spec, config]))
    .digest('hex')
    .slice(0, 8);
}
