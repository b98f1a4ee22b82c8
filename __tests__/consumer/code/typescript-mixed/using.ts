// Read by the compiler alone, from TypeScript 5.2 on.
import { modelProviders } from 'jest-model-provider';

export async function byHand(): Promise<string> {
  await using handle = await modelProviders.setup('embedded:expert');
  return (await handle.client.generate('2 + 3')).text;
}
