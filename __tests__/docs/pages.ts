import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

export const repository = resolve(__dirname, '../..');

/** A fenced code block of a page. */
export interface CodeBlock {
  /** Relative to the repository, with the line: `docs/lifecycle.md:12`. */
  readonly place: string;
  readonly language: string;
  /** What follows the language: `title=jest.config.js`. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly text: string;
}

/** A page of the documentation. */
export interface Page {
  /** Relative to the repository. */
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly CodeBlock[];
  /** The page without its code blocks. */
  readonly prose: string;
}

/** Every page at the top of the repository, README.md among them, and every page of docs/. */
export function readPages(): Page[] {
  return ['.', 'docs']
    .flatMap((folder) => readdirSync(join(repository, folder)).map((name) => join(folder, name)))
    .filter((path) => path.endsWith('.md'))
    .map((path) => parsePage(path, readFileSync(join(repository, path), 'utf8')));
}

export function parsePage(path: string, text: string): Page {
  const blocks: CodeBlock[] = [];
  const prose: string[] = [];
  let open: { place: string; info: string; lines: string[] } | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const fence = /^\s*```(.*)$/.exec(line)?.[1];
    if (open === undefined && fence === undefined) prose.push(line);
    else if (open === undefined) open = { place: `${path}:${index + 1}`, info: fence ?? '', lines: [] };
    else if (fence === undefined) open.lines.push(line);
    else {
      blocks.push({ place: open.place, ...parseInfo(open.info), text: `${open.lines.join('\n')}\n` });
      open = undefined;
    }
  }
  if (open !== undefined) throw new Error(`${open.place}: the code block has no end`);
  return { path, text, blocks, prose: prose.join('\n') };
}

function parseInfo(info: string): Pick<CodeBlock, 'language' | 'attributes'> {
  const language = /^\S*/.exec(info)?.[0] ?? '';
  const pairs = [...info.matchAll(/(\w+)=(?:"([^"]*)"|(\S+))/g)];
  return {
    language,
    attributes: Object.fromEntries(pairs.map(([, key, quoted, bare]) => [key, quoted ?? bare ?? ''])),
  };
}

/** The anchors that GitHub gives to a page's headings. */
export function anchors(page: Page): string[] {
  const seen = new Map<string, number>();
  return [...page.prose.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) => {
    const slug = heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(/\s/g, '-');
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    return count === 0 ? slug : `${slug}-${count}`;
  });
}

/**
 * The links of a page that stay inside the repository: the file they name, relative to the repository, and
 * its anchor.
 */
export function innerLinks(page: Page): { link: string; file: string; anchor: string }[] {
  return [...page.prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => {
      const [path = '', anchor = ''] = link.split('#');
      const file =
        path === '' ? page.path : relative(repository, resolve(repository, dirname(page.path), path));
      return { link, file, anchor };
    });
}
