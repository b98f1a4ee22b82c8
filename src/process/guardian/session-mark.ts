/** The environment variable that marks every server process with its session. */
export const sessionMark = 'JEST_MODEL_PROVIDER_PROCESS';
