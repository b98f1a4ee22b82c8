import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keepSecret } from '../../../src/base/secrets';
import { logSize, readLogTail } from '../../../src/process/guardian/log-tail';
import { ownPlaces } from '../../support/own-places';

const places = ownPlaces();
const log = (text: string | Buffer): string => {
  const path = join(places.directory, 'server.log');
  writeFileSync(path, text);
  return path;
};

describe('the tail of a log', () => {
  it('is its last lines, without empty ones', () => {
    expect(readLogTail(log('one\ntwo\n\n   \nthree\n'), 2)).toEqual(['two', 'three']);
    expect(readLogTail(log('no newline at the end'), 20)).toEqual(['no newline at the end']);
  });

  it('takes what a progress bar overwrote for lines of their own', () => {
    expect(readLogTail(log('10 %\r50 %\r\n100 %\n'), 20)).toEqual(['10 %', '50 %', '100 %']);
  });

  it('has neither secrets nor escape codes', () => {
    keepSecret('fake:a#1', 'tops3cret');
    expect(readLogTail(log('\u001b[1mkey: tops3cret\u001b[0m\n'), 20)).toEqual(['key: [redacted]']);
  });

  it('has no secret that escape codes cut into pieces', () => {
    keepSecret('fake:a#1', 'tops3cret');
    expect(readLogTail(log('key: tops\u001b[1m3cret\n'), 20)).toEqual(['key: [redacted]']);
  });

  it('is read from the end of a long file only, whose first line may be cut', () => {
    const tail = readLogTail(log(`${'x'.repeat(200_000)}\nlast\n`), 20);
    expect(tail).toHaveLength(2);
    expect(tail[0]!.length).toBeLessThan(70_000);
    expect(tail[1]).toBe('last');
  });

  it('shows bytes that are no text as such', () => {
    expect(readLogTail(log(Buffer.from([0x61, 0xff, 0x62, 0x0a])), 20)).toEqual(['a\ufffdb']);
  });

  it('is empty when there is no such file', () => {
    expect(readLogTail(join(places.directory, 'none'), 20)).toEqual([]);
    expect(logSize(join(places.directory, 'none'))).toBe(0);
  });

  it('grows with the file', () => {
    expect(logSize(log('12345'))).toBe(5);
  });
});
