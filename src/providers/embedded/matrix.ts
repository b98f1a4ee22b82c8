/**
 * `target = matrix · vector`, for a row-major matrix with `target.length` rows of `vector.length` numbers. The lengths
 * are parameters because buffers may be longer than what is used of them.
 */
export function multiply(
  target: Float32Array,
  targetStart: number,
  rows: number,
  matrix: Float32Array,
  vector: Float32Array,
  columns: number,
): void {
  const unrolled = columns - (columns % 4);
  for (let row = 0; row < rows; row++) {
    const start = row * columns;
    // Four independent sums, because one would make each addition wait for the one before.
    let sum0 = 0;
    let sum1 = 0;
    let sum2 = 0;
    let sum3 = 0;
    let column = 0;
    for (; column < unrolled; column += 4) {
      const at = start + column;
      sum0 += matrix[at]! * vector[column]!;
      sum1 += matrix[at + 1]! * vector[column + 1]!;
      sum2 += matrix[at + 2]! * vector[column + 2]!;
      sum3 += matrix[at + 3]! * vector[column + 3]!;
    }
    for (; column < columns; column++) sum0 += matrix[start + column]! * vector[column]!;
    target[targetStart + row] = sum0 + sum1 + sum2 + sum3;
  }
}

/** Adds `addend` to `target`, number by number. */
export function add(target: Float32Array, addend: Float32Array): void {
  for (let index = 0; index < target.length; index++) target[index]! += addend[index]!;
}

/** Root-mean-square normalisation: `target = source / rms(source) * weight`. */
export function normalize(
  target: Float32Array,
  source: Float32Array,
  weight: Float32Array,
  epsilon: number,
): void {
  let squares = 0;
  for (let index = 0; index < source.length; index++) squares += source[index]! * source[index]!;
  const scale = 1 / Math.sqrt(squares / source.length + epsilon);
  for (let index = 0; index < source.length; index++) target[index] = source[index]! * scale * weight[index]!;
}
