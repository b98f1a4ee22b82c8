import fs from 'node:fs';
import { checkGguf, readGgufHeader } from '../../../../src/providers/embedded/gguf/gguf';
import { loadEngine } from '../../../../src/providers/embedded/generation/engine';
import { readTensors } from '../../../../src/providers/embedded/gguf/tensor-data';
import { ByteWriter, ggufHead, writeGguf } from '../../../fixtures/gguf-writer';
import { expert, temporaryFiles, tinyModel } from '../tiny-model';

const files = temporaryFiles();

/** The message of the GGUF_INVALID that reading a file throws. */
function refusal(file: string): string {
  try {
    checkGguf(file);
  } catch (error) {
    expect(error).toMatchObject({ code: 'GGUF_INVALID', details: { file } });
    const message = (error as Error).message.split('\n')[0]!;
    expect(message).toContain(file);
    return message;
  }
  throw new Error('the file was accepted');
}

const refusalOf = (content: Buffer): string => refusal(files.write('bad.gguf', content));

/** A file with one tensor of 32 floats, after `change` has written what the test is about. */
function oneTensor(
  info: { name?: string; dims?: (number | bigint)[]; type?: number; offset?: number },
  twice = false,
): Buffer {
  const file = ggufHead(3, twice ? 2 : 1, 0);
  for (let count = 0; count < (twice ? 2 : 1); count++) {
    const { name = `t${count}`, dims = [32], type = 0, offset = count * 128 } = info;
    file.text(name).u32(dims.length);
    for (const length of dims) file.u64(length);
    file.u32(type).u64(offset);
  }
  return file.padTo(32).raw(Buffer.alloc(256)).toBuffer();
}

const entry = (write: (file: ByteWriter) => ByteWriter): Buffer =>
  write(ggufHead(3, 1, 1))
    .raw(Buffer.alloc(4096))
    .toBuffer();

describe('a usable file', () => {
  it('is summed up without its weights', () => {
    expect(checkGguf(expert)).toEqual({
      version: 3,
      architecture: 'llama',
      tensorCount: 29,
      size: fs.statSync(expert).size,
    });
  });

  it('may have version 2', () => {
    expect(checkGguf(files.write('v2.gguf', { ...tinyModel(), version: 2 })).version).toBe(2);
  });

  it('may have another alignment, which moves its tensors', async () => {
    const file = files.write('aligned.gguf', tinyModel({ metadata: { 'general.alignment': 4096 } }));
    const header = readGgufHeader(file);
    expect([...header.tensors.values()].every(({ offset }) => offset % 4096 === 0)).toBe(true);
    await expect(loadEngine(file)).resolves.toBeDefined();
  });

  it('may hold a tensor type from the future, whose size then is not checked', () => {
    expect(checkGguf(files.write('future.gguf', oneTensor({ type: 9999 }))).tensorCount).toBe(1);
  });

  it('of many GB is checked by its head alone', () => {
    const rows = 1024 * 1024;
    const head = ggufHead(3, 1, 0)
      .text('huge')
      .u32(2)
      .u64(4096)
      .u64(rows)
      .u32(12)
      .u64(0)
      .padTo(32)
      .toBuffer();
    const file = files.write('huge.gguf', head);
    const bytes = rows * (4096 / 256) * 144;
    fs.truncateSync(file, head.length + bytes);
    const read = jest.spyOn(fs, 'readSync');
    expect(checkGguf(file).size).toBe(head.length + bytes);
    const asked = read.mock.calls.map((call) => (call as unknown as [number, Buffer, number, number])[3]);
    read.mockRestore();
    expect(asked.reduce((sum, length) => sum + length, 0)).toBeLessThanOrEqual(65_536);
    fs.truncateSync(file, head.length + bytes - 1);
    expect(refusal(file)).toMatch(/truncated .*tensor "huge"/);
  });

  it('keeps every type of value', () => {
    const scalars: [number, (file: ByteWriter) => ByteWriter, unknown][] = [
      [0, (file) => file.raw(Buffer.from([200])), 200],
      [1, (file) => file.raw(Buffer.from([200])), -56],
      [2, (file) => file.raw(Buffer.from([1, 2])), 513],
      [3, (file) => file.raw(Buffer.from([255, 255])), -1],
      [4, (file) => file.u32(4_000_000_000), 4_000_000_000],
      [5, (file) => file.u32(0xfffffffe), -2],
      [6, (file) => file.f32(0.5), 0.5],
      [7, (file) => file.raw(Buffer.from([1])), true],
      [8, (file) => file.text('ü'), 'ü'],
      [10, (file) => file.u64(2n ** 63n), 2n ** 63n],
      [10, (file) => file.u64(5), 5],
      [11, (file) => file.u64(2n ** 64n - 3n), -3],
      [12, (file) => file.u64(0x3fe0000000000000n), 0.5],
      [9, (file) => file.u32(8).u64(2).text('a').text(''), ['a', '']],
      [
        9,
        (file) =>
          file
            .u32(3)
            .u64(2)
            .raw(Buffer.from([1, 0, 255, 255])),
        Int16Array.of(1, -1),
      ],
    ];
    const file = ggufHead(3, 1, scalars.length);
    scalars.forEach(([type, write], index) => write(file.text(`key ${index}`).u32(type)));
    file.text('t').u32(1).u64(1).u32(0).u64(0).padTo(32).f32(1);
    const { metadata } = readGgufHeader(files.write('values.gguf', file.toBuffer()));
    scalars.forEach(([, , expected], index) => expect(metadata.get(`key ${index}`)).toEqual(expected));
  });
});

describe('a path that is no model is refused by name:', () => {
  it('a missing file', () => expect(refusal(`${files.directory}/none.gguf`)).toContain('does not exist'));
  it('a directory', () => expect(refusal(files.directory)).toContain('is a directory'));
  it('a device', () => expect(refusal('/dev/zero')).toContain('is not a regular file'));
  it('an empty file', () => expect(refusalOf(Buffer.alloc(0))).toContain('is not a GGUF file'));
  it('a text', () =>
    expect(refusalOf(Buffer.from('version https://git-lfs'))).toContain('does not begin with'));
  it('a file without tensors', () =>
    expect(refusalOf(ggufHead(3, 0, 0).toBuffer())).toContain('holds no tensors'));
});

describe('a corrupt file is refused with the place:', () => {
  it.each([1, 4, 0x03000000])('version %i', (version) => {
    expect(refusalOf(ggufHead(version, 1, 0).toBuffer())).toContain(`unsupported GGUF version ${version}`);
  });

  it('more tensors than fit', () => {
    expect(refusalOf(ggufHead(3, 2n ** 63n, 0).toBuffer())).toMatch(
      /number of tensors at byte 8 is 9223372036854775808/,
    );
  });

  it('more metadata than fits', () => {
    expect(
      refusalOf(
        ggufHead(3, 1, 2n ** 40n)
          .raw(Buffer.alloc(99))
          .toBuffer(),
      ),
    ).toContain('number of metadata entries');
  });

  it('a giant string', () => {
    expect(
      refusalOf(
        entry((file) =>
          file
            .text('k')
            .u32(8)
            .u64(2n ** 50n),
        ),
      ),
    ).toContain('length of the value of "k"');
  });

  it.each([4, 8])('a giant array of type %i', (type) => {
    expect(
      refusalOf(
        entry((file) =>
          file
            .text('k')
            .u32(9)
            .u32(type)
            .u64(2n ** 60n),
        ),
      ),
    ).toContain('the length of "k"');
  });

  it('nested arrays', () => {
    const nested = entry((file) => {
      file.text('k').u32(9);
      for (let depth = 0; depth < 300; depth++) file.u32(9).u64(1);
      return file;
    });
    expect(refusalOf(nested)).toContain('array of arrays in "k"');
  });

  it.each([13, 4_294_967_295])('value type %i', (type) => {
    expect(refusalOf(entry((file) => file.text('k').u32(type)))).toContain(
      `unknown value type ${type} in "k"`,
    );
  });

  it('a boolean of 2', () => {
    expect(
      refusalOf(
        entry((file) =>
          file
            .text('k')
            .u32(7)
            .raw(Buffer.from([2])),
        ),
      ),
    ).toContain('neither 0 nor 1 in "k"');
  });

  it('a key twice', () => {
    const file = ggufHead(3, 1, 2).text('k').u32(4).u32(1).text('k').u32(4).u32(1).raw(Buffer.alloc(99));
    expect(refusalOf(file.toBuffer())).toContain('has the key "k" twice');
  });

  it.each([0, 3, 33, 131_072])('alignment %i', (alignment) => {
    const file = entry((content) => content.text('general.alignment').u32(4).u32(alignment));
    expect(refusalOf(file)).toContain('general.alignment');
  });

  it.each([0, 5])('%i dimensions', (count) => {
    expect(refusalOf(oneTensor({ dims: Array(count).fill(1) as number[] }))).toContain(
      `"t0" ${count} dimensions`,
    );
  });

  it.each([[[0]], [[2n ** 63n]], [[2 ** 30, 2 ** 30]]])('shape %p', (dims) => {
    expect(refusalOf(oneTensor({ dims }))).toContain('"t0" the impossible shape');
  });

  it('a tensor beyond the end', () =>
    expect(refusalOf(oneTensor({ dims: [2 ** 40] }))).toMatch(/truncated.*"t0"/));
  it('an offset beyond the end', () =>
    expect(refusalOf(oneTensor({ offset: 2 ** 45 }))).toMatch(/truncated.*"t0"/));
  it('an unaligned offset', () =>
    expect(refusalOf(oneTensor({ offset: 8 }))).toContain('not a multiple of 32'));
  it('a broken row', () => expect(refusalOf(oneTensor({ dims: [33], type: 8 }))).toContain('blocks of 32'));
  it('a name twice', () =>
    expect(refusalOf(oneTensor({ name: 'same' }, true))).toContain('tensor "same" twice'));
  it('an overlap', () => expect(refusalOf(oneTensor({ offset: 32 }, true))).toContain('overlap'));

  it('a name made to deceive a terminal', () => {
    const message = refusalOf(oneTensor({ name: `\u001b[2J\n${'x'.repeat(500)}`, dims: [0] }));
    expect(message).toContain('"\\u{1b}[2J\\u{a}xxx');
    expect(message.length).toBeLessThan(400);
  });
});

describe('weights', () => {
  const values = Float32Array.from({ length: 64 }, (_, index) => (index - 31) / 16);
  const read = async (type: 'F32' | 'F16' | 'Q8_0', content = values): Promise<Float32Array> => {
    const spec = { metadata: {}, tensors: [{ name: 't', shape: [32, 2], values: content, type }] };
    const tensors = await readTensors(readGgufHeader(files.write('weights.gguf', writeGguf(spec))));
    return tensors.get('t')!;
  };

  it('of type F32 and F16 are exact', async () => {
    expect(await read('F32')).toEqual(values);
    expect(await read('F16')).toEqual(values);
  });

  it('of type F16 include zero, subnormal and largest numbers', async () => {
    const extremes = new Float32Array(64);
    extremes.set([2 ** -24, -(2 ** -15), 65_504, -65_504, 2 ** -14, 1 + 1 / 1024]);
    expect(await read('F16', extremes)).toEqual(extremes);
  });

  it('of type Q8_0 are within half a step of their block', async () => {
    const restored = await read('Q8_0');
    restored.forEach((value, index) => expect(Math.abs(value - values[index]!)).toBeLessThan(2 / 127));
  });

  it.each([NaN, Infinity])('of %p are refused', async (value) => {
    const content = values.slice();
    content[40] = value;
    await expect(read('F32', content)).rejects.toMatchObject({ code: 'GGUF_INVALID' });
    await expect(read('F16', content)).rejects.toThrow(/NaN or infinity in tensor "t"/);
  });

  it('of a type that the engine cannot read are refused by its name', async () => {
    const file = files.write('q4.gguf', oneTensor({ type: 2 }));
    await expect(readTensors(readGgufHeader(file))).rejects.toThrow(/tensor "t0" in the type Q4_0/);
  });
});
