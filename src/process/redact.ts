const secretName = /(KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)$/i;
const escapeCodes =
  // eslint-disable-next-line no-control-regex -- the point is to remove control characters
  /\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** Replaces every secret in `text`: the given ones, and the values of this process's variables named like secrets. */
export function redact(text: string, secrets: readonly string[] = []): string {
  return [...secrets, ...environmentSecrets()]
    .filter((secret) => secret.length >= 6)
    .sort((a, b) => b.length - a.length)
    .reduce((redacted, secret) => redacted.replaceAll(secret, '[redacted]'), text);
}

/** Removes terminal escape codes and control characters: what servers print is not trusted. */
export function stripControl(text: string): string {
  return text.replace(escapeCodes, '');
}

function environmentSecrets(): string[] {
  return Object.entries(process.env).flatMap(([name, value]) =>
    secretName.test(name) && value !== undefined ? [value] : [],
  );
}
