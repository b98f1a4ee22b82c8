import { checkLlamaServer, checkVllm } from './engines';
import type { Check } from './finding';
import { checkGpus } from './gpus';
import { checkLoopback, checkSessions } from './machine';
import { checkNode, checkPackages } from './packages';
import { checkDatabaseUrl, checkPostgres } from './postgres';

/** All checks, in the order in which they are printed. */
export const checks: readonly Check[] = [
  checkNode,
  checkPackages,
  checkLoopback,
  checkSessions,
  checkLlamaServer,
  checkVllm,
  checkGpus,
  checkPostgres,
  checkDatabaseUrl,
];
