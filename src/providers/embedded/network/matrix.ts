/**
 * `target = matrix · vector`, for a row-major matrix of `rows` rows with `vector.length` numbers each; the
 * result is written from `targetStart` on.
 */
export function multiply(
  target: Float32Array,
  targetStart: number,
  rows: number,
  matrix: Float32Array,
  vector: Float32Array,
): void {
  const columns = vector.length;
  let row = 0;
  // Four rows at a time: each number of the vector is loaded once for four sums, which do not wait for each
  // other.
  for (; row + 4 <= rows; row += 4) {
    const first = row * columns;
    const second = first + columns;
    const third = second + columns;
    const fourth = third + columns;
    let sum1 = 0;
    let sum2 = 0;
    let sum3 = 0;
    let sum4 = 0;
    for (let column = 0; column < columns; column++) {
      const factor = vector[column]!;
      sum1 += matrix[first + column]! * factor;
      sum2 += matrix[second + column]! * factor;
      sum3 += matrix[third + column]! * factor;
      sum4 += matrix[fourth + column]! * factor;
    }
    target[targetStart + row] = sum1;
    target[targetStart + row + 1] = sum2;
    target[targetStart + row + 2] = sum3;
    target[targetStart + row + 3] = sum4;
  }
  for (; row < rows; row++) {
    let sum = 0;
    for (let column = 0; column < columns; column++) sum += matrix[row * columns + column]! * vector[column]!;
    target[targetStart + row] = sum;
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
