import type { ProviderConstraints } from '../pattern/constraints';
import type { ProgressPrinter } from './progress';
import type { WarmSource } from './warm-resources';

/** What is particular about a session. */
export interface SessionOptions {
  readonly progress?: ProgressPrinter;
  /** How long resources are kept without leases, whatever their providers say. */
  readonly retain?: ProviderConstraints['retain'];
  /** Whether resources that can sleep may; they may if not given. */
  readonly sleeps?: boolean;
  /** Where to look before a resource is made. */
  readonly warm?: WarmSource;
}
