let isHeld = false;

/**
 * Makes a worker ignore the interrupt that a terminal sends to the whole process group. If workers died at
 * once, Jest would report their files and start others during the teardown of the session. The worker ends
 * with the session's socket.
 */
export function holdInterrupts(): void {
  if (isHeld || process.send === undefined) return;
  isHeld = true;
  process.on('SIGINT', () => undefined);
}
