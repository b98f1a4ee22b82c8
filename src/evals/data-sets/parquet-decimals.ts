/** What is used of an element of a Parquet schema: https://github.com/apache/parquet-format/blob/master/LogicalTypes.md */
export interface SchemaElement {
  readonly name: string;
  readonly type?: string;
  readonly converted_type?: string;
  readonly logical_type?: { readonly type: string; readonly scale?: number };
  readonly repetition_type?: string;
  readonly scale?: number;
}

/** An element with what is in it. */
export interface SchemaTree {
  readonly element: SchemaElement;
  readonly children: readonly SchemaTree[];
}

/**
 * A schema in which decimals are what they are stored as, integers or bytes: hyparquet would make doubles of
 * them, and 0.3 would be 0.30000000000000004.
 */
export function withStoredDecimals<Element extends SchemaElement>(schema: readonly Element[]): Element[] {
  return schema.map((element) => {
    if (!isDecimal(element)) return element;
    const { converted_type: _converted, logical_type: _logical, ...stored } = element;
    // Other arrays of bytes would be read as UTF-8.
    const type = element.type === 'BYTE_ARRAY' ? 'FIXED_LEN_BYTE_ARRAY' : element.type;
    return { ...stored, type } as unknown as Element;
  });
}

/** Whether there is any decimal in it. */
export function hasDecimals({ element, children }: SchemaTree): boolean {
  return isDecimal(element) || children.some(hasDecimals);
}

/** A value of a column, its stored decimals as texts, to the digit. */
export function decimalsAsText(value: unknown, tree: SchemaTree): unknown {
  if (value === null || value === undefined) return value;
  const { element, children } = tree;
  if (Array.isArray(value)) {
    const item = itemOf(tree);
    return value.map((one) => decimalsAsText(one, item));
  }
  if (children.length === 0) return isDecimal(element) ? textOf(value, scaleOf(element)) : value;
  const fields = value as Readonly<Record<string, unknown>>;
  const inMap = element.converted_type === 'MAP' ? children[0]?.children[1] : undefined;
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => {
      const child = inMap ?? children.find((candidate) => candidate.element.name === name);
      return [name, child === undefined ? field : decimalsAsText(field, child)];
    }),
  );
}

/** What the items of a list are: those of an annotated one are two levels below it. */
function itemOf(tree: SchemaTree): SchemaTree {
  const [repeated] = tree.children;
  if (tree.element.converted_type !== 'LIST' || repeated === undefined) return tree;
  return repeated.children[0] ?? repeated;
}

function isDecimal({ converted_type: converted, logical_type: logical }: SchemaElement): boolean {
  return converted === 'DECIMAL' || logical?.type === 'DECIMAL';
}

function scaleOf({ scale, logical_type: logical }: SchemaElement): number {
  return scale ?? logical?.scale ?? 0;
}

/** @param stored the number without its decimal point. */
function textOf(stored: unknown, scale: number): string {
  const unscaled = ArrayBuffer.isView(stored)
    ? integerOf(stored as Uint8Array)
    : BigInt(stored as number | bigint);
  const [sign, digits] = unscaled < 0n ? ['-', String(-unscaled)] : ['', String(unscaled)];
  if (scale === 0) return `${sign}${digits}`;
  const padded = digits.padStart(scale + 1, '0');
  return `${sign}${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
}

/** Bytes are a big-endian two's complement. */
function integerOf(bytes: Uint8Array): bigint {
  const value = bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  return BigInt.asIntN(bytes.length * 8, value);
}
