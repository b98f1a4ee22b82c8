import fs from 'node:fs';
import { whyUnreadable } from '../../../src/process/os/process-table';

afterEach(() => jest.restoreAllMocks());

describe('the process table', () => {
  it('can be read here', () => {
    expect(whyUnreadable()).toBeUndefined();
  });

  it('is refused where it is that of another namespace of process numbers, as after unshare --pid', () => {
    jest.spyOn(fs, 'readlinkSync').mockReturnValue(String(process.pid + 1));
    expect(whyUnreadable()).toBe('/proc shows the processes of another namespace');
  });

  it('is refused where there is none', () => {
    jest.spyOn(fs, 'readlinkSync').mockImplementation(() => {
      throw new Error('ENOENT');
    });
    expect(whyUnreadable()).toBe('/proc is not mounted');
  });
});
