const { Buffer } = process.getBuiltinModule('node:buffer');
const { createHash } = process.getBuiltinModule('node:crypto');

/** How large something is, and what it would be known again by. A type: it is kept as JSON. */
export type Digest = { readonly sha256: string; readonly bytes: number };

/** The digest of bytes, or of a text in UTF-8. */
export function digest(content: Uint8Array | string): Digest {
  return {
    sha256: createHash('sha256').update(content).digest('hex'),
    bytes: Buffer.byteLength(content),
  };
}
