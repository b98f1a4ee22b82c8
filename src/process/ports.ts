/** A port of 127.0.0.1 that is free now and was not given out in the last seconds. Not reserved: retry on a bind conflict. */
export async function freePort(): Promise<number> {
  const { default: getPort } = await import('get-port');
  return getPort({ host: '127.0.0.1' });
}
