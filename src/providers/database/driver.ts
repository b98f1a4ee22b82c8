/** The driver, loaded when it is first needed: most specs use no database, and while a server starts there is time. */
export function driver(): typeof import('pg') {
  // By require(), so that it also works inside Jest's VM.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return require('pg') as typeof import('pg');
}
