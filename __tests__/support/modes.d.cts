/** In the main process, or in workers. */
export type Mode = 'in band' | 'in workers';

export function chosenModes(environment?: { readonly E2E_MODES?: string }): readonly Mode[];
