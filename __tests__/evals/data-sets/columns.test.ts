import { parseColumns, pickColumns } from '../../../src/evals/data-sets/columns';

describe('parseColumns', () => {
  test('names are separated by commas, with or without spaces', () => {
    expect(parseColumns('question,answer , difficulty')).toEqual(['question', 'answer', 'difficulty']);
  });

  test.each([
    ['', '""'],
    ['a,,b', '"a,,b"'],
    ['a, a', '"a, a"'],
  ])('%j is refused, and quoted', (columns, quoted) => {
    expect(() => parseColumns(columns)).toThrow(
      expect.objectContaining({ code: 'EVAL_INVALID', message: expect.stringContaining(quoted) }),
    );
  });

  test('anything but a text is refused', () => {
    expect(() => parseColumns(['a'])).toThrow(expect.objectContaining({ code: 'EVAL_INVALID' }));
  });
});

describe('pickColumns', () => {
  test('knows no column that every object has, and every one of its own', () => {
    expect(() => pickColumns(['constructor'], { a: 1 }, '0')).toThrow('has no column "constructor"');
    expect(pickColumns(['constructor'], { constructor: 1 }, '0')).toBe(1);
    expect(pickColumns(['__proto__', 'a'], JSON.parse('{"__proto__":1,"a":2}'), '0')).toEqual(
      JSON.parse('{"__proto__":1,"a":2}'),
    );
    class Row {
      get q(): number {
        return 7;
      }
    }
    expect(pickColumns(['q'], new Row(), '0')).toBe(7);
  });

  test('an object gives its named properties and no others', () => {
    expect(pickColumns(['a', 'b'], { a: 1, b: 2, c: 3 }, '0')).toEqual({ a: 1, b: 2 });
  });

  test('an array gives its items in the order of the columns', () => {
    expect(pickColumns(['a', 'b'], [1, 2], '0')).toEqual({ a: 1, b: 2 });
  });

  test('a single column is its bare value, whatever the row is', () => {
    expect(pickColumns(['a'], { a: 1, b: 2 }, '0')).toBe(1);
    expect(pickColumns(['a'], [1], '0')).toBe(1);
    expect(pickColumns(['a'], 'text', '0')).toBe('text');
    expect(pickColumns(['a'], null, '0')).toBeNull();
  });

  test('a column of the value undefined is there', () => {
    expect(pickColumns(['a', 'b'], { a: undefined, b: 1 }, '0')).toEqual({ a: undefined, b: 1 });
  });

  test.each([
    [{ question: 'x' }, 'row 7 has no column "answer"; it has "question"; give both.'],
    [['x'], 'row 7 has 1 values for 2 columns; give both.'],
    ['x', 'row 7 is a string, but 2 columns are named'],
    [null, 'row 7 is null, but 2 columns are named'],
  ])('row %j is refused, and named', (row, message) => {
    expect(() => pickColumns(['question', 'answer'], row, '7', '; give both')).toThrow(message);
  });
});
