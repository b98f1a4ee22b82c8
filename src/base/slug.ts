import { beginning } from './cut';

/** What is left of a text in the name of a file, for people: letters and digits, with hyphens between words. */
export function slug(text: string, most: number): string {
  const words = text
    .normalize('NFKC')
    .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
    .replaceAll(/^-+|-+$/g, '');
  return beginning(words, most);
}
