import { connect } from 'node:net';
import { loadNative } from './load-native';

/**
 * A port of 127.0.0.1 that is free now and was not given out in the last seconds. Not reserved: retry on a
 * bind conflict.
 */
export async function freePort(): Promise<number> {
  const { default: getPort } = (await loadNative('get-port')) as typeof import('get-port');
  return getPort({ host: '127.0.0.1' });
}

/** Whether a server accepts connections on a port of 127.0.0.1. */
export function isTaken(port: number): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port });
  return new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
  }).finally(() => socket.destroy());
}
