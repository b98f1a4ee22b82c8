const escapeCodes =
  // eslint-disable-next-line no-control-regex -- the point is to remove control characters
  /\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** Removes terminal escape codes and control characters: servers colour what they print. */
export function stripControl(text: string): string {
  return text.replace(escapeCodes, '');
}
