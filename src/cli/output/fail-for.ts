/** Fails the command for logs that it could not read; it shows what the others say all the same. */
export function failFor({ unreadable }: { readonly unreadable: readonly unknown[] }): void {
  if (unreadable.length > 0) process.exitCode = 1;
}
