/** What becomes of the calls of models, and of recordings of them. */
export type RecordingMode = (typeof recordingModes)[number];

export const recordingModes = ['record', 'auto', 'replay', 'off'] as const;

/** What of requests differs in each run: texts that a pattern matches, or what is at a path. JSON. */
export type IgnoredPart = { readonly path: string } | { readonly pattern: string; readonly flags: string };
