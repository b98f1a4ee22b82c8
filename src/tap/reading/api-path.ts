/** What was asked, without its query: the path that names the API. */
export function apiPath(path: string): string {
  return path.replace(/[?#].*/, '');
}
