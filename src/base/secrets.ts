import type { Json } from './json';
import { literalPattern } from './literal-pattern';
import { URL } from './real-globals';

const { Buffer } = process.getBuiltinModule('node:buffer');

/** What stands where a secret was. */
const redacted = '[redacted]';
// A shorter one cannot be told from ordinary words: "none", "EMPTY", "ollama".
const shortest = 8;
/** The names of what holds a secret: variables, and keys of a connection. */
export const secretName = /(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASS|CREDENTIALS?)$/i;

/**
 * Words that this package writes itself. A password that is one of them is no secret, and without it no log
 * could be read: "postgres" is the password of many a database, and the prefix of all.
 */
const ownWords = [
  'complete',
  'embedded',
  'inconclusive',
  'infrastructure',
  'interrupted',
  'llama-server',
  'postgres-server',
  'redacted',
  'restartOnce',
];

interface Form {
  readonly text: string;
  readonly name: string;
}

/** The secrets of this realm, each with the name of what it belongs to. */
const names = new Map<string, string>();
let isCompiled = false;
/** What the secrets look like in texts, the longest first. */
let forms: readonly Form[] = [];
let anyForm: RegExp | undefined;

/**
 * Keeps a key, a password or a token from every log, report and message of this realm. Texts of fewer than
 * eight characters, and words that this package writes itself, are not kept.
 *
 * @param name what it belongs to: a variable, or a resource.
 */
export function keepSecret(name: string, value: string): void {
  const secret = value.trim();
  if (secret.length < shortest || names.has(secret)) return;
  if (ownWords.some((word) => word.includes(secret))) return;
  names.set(secret, name);
  isCompiled = false;
}

/** Keeps the values of variables whose names end as those of secrets do, as they are now. */
export function keepSecretsOf(variables: Readonly<Record<string, string | undefined>>): void {
  for (const name of Object.keys(variables))
    if (secretName.test(name)) keepSecret(name, variables[name] ?? '');
}

/**
 * Keeps what is secret in the connection of a resource: the texts whose keys end as the names of secret
 * variables do, such as `apiKey`, and the passwords of URLs.
 */
export function keepSecretsIn(resource: string, connection: Json): void {
  if (typeof connection === 'string') keepPassword(resource, connection);
  if (typeof connection !== 'object' || connection === null) return;
  for (const [key, value = null] of Object.entries(connection)) {
    if (typeof value === 'string' && secretName.test(key)) keepSecret(resource, value);
    keepSecretsIn(resource, value);
  }
}

function keepPassword(resource: string, text: string): void {
  if (!text.includes('://') || !URL.canParse(text)) return;
  const { password, searchParams } = new URL(text);
  keepSecret(resource, password);
  keepSecret(resource, decoded(password));
  for (const [name, value] of searchParams) if (secretName.test(name)) keepSecret(resource, value);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * The text with `[redacted]` in place of every secret, be it whole, in base64 alone or inside of another text,
 * in a URL or in JSON.
 *
 * @param found gets the names of what was taken out.
 */
export function redact(text: string, found?: Set<string>): string {
  if (text.length < shortest) return text;
  keepSecretsOf(process.env);
  return holdsSecret(text) ? replaceIn(text, found) : text;
}

/** Whether a text, or a line of JSON, holds a secret. Variables are as they were when they were last read. */
export function holdsSecret(text: string): boolean {
  if (!isCompiled) compile();
  return anyForm !== undefined && anyForm.test(text);
}

function replaceIn(text: string, found: Set<string> | undefined): string {
  let left = text;
  for (const form of forms) {
    if (!left.includes(form.text)) continue;
    left = left.replaceAll(form.text, redacted);
    found?.add(form.name);
  }
  return left;
}

function compile(): void {
  const named = new Map<string, string>();
  for (const [secret, name] of names)
    for (const text of formsOf(secret)) if (!named.has(text)) named.set(text, name);
  forms = [...named].map(([text, name]) => ({ text, name })).sort((a, b) => b.text.length - a.text.length);
  anyForm =
    forms.length === 0 ? undefined : new RegExp(forms.map(({ text }) => literalPattern(text)).join('|'));
  isCompiled = true;
}

function formsOf(secret: string): Set<string> {
  const inBase64 = [0, 1, 2].flatMap((offset) => base64Within(secret, offset));
  const plain = [secret, ...inBase64];
  // Half a character of UTF-16 has no place in a URL.
  const inURL = plain.map((text) => encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd')));
  const sent = [
    ...plain,
    ...inURL,
    ...inURL.map((text) => text.replace(/%../g, (code) => code.toLowerCase())),
  ];
  const inJson = [...sent, ...sent.map((text) => text.replaceAll('/', '\\/')), ...sent.map(escaped)];
  // A text that is JSON is escaped again in a line of JSON.
  return new Set([...inJson, ...inJson.map(escaped)]);
}

/**
 * The part of the base64 of any text with the secret in it that depends on the secret alone, with so many bytes
 * before it, modulo three: a letter stands for six bits. Both alphabets of
 * https://www.rfc-editor.org/rfc/rfc4648#section-5
 */
function base64Within(secret: string, offset: number): string[] {
  const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(secret)]);
  const [first, end] = [Math.ceil((offset * 8) / 6), Math.floor((bytes.length * 8) / 6)];
  return (['base64', 'base64url'] as const).map((alphabet) => bytes.toString(alphabet).slice(first, end));
}

function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
