import { checkedElsewhere, checkOptionsOf, whole, type OptionRule } from '../../base/option-rules';

/** Options of the embedded provider. */
export interface EmbeddedOptions {
  /** The number of answers that one server generates at once; further requests wait. 4 by default. */
  readonly parallel?: number;
  /** How many models may be served at once; no limit by default, since each needs only about 100 MB. */
  readonly maxLive?: number;
}

const rules: Record<keyof EmbeddedOptions, OptionRule> = { parallel: whole(1), maxLive: checkedElsewhere };

/** @throws ModelProviderError `CONFIG_INVALID` naming option, value and what is allowed. */
export function validateEmbeddedOptions(options: EmbeddedOptions): void {
  checkOptionsOf('embedded', options, rules);
}
