let isHeld = false;

/**
 * Makes a worker wait for the main process when the terminal interrupts the whole group: if workers died at once, Jest would
 * report their files and go on while the session is being torn down. The end of the session's socket ends the worker.
 */
export function holdInterrupts(): void {
  if (isHeld || process.send === undefined) return;
  isHeld = true;
  process.on('SIGINT', () => undefined);
}
