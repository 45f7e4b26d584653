/** Pixels in three colours. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  /** [height, width, 3] */
  readonly data: Uint8Array;
}

/** For each output place the input places that it mixes: `counts` of them from `first` on. */
interface Taps {
  readonly first: Int32Array;
  readonly counts: Int32Array;
  /** [places, stride], those beyond a place's count unused; a place's weights add up to 1 */
  readonly weights: Float64Array;
  readonly stride: number;
}

/** Added before a value is cut off to a byte, which rounds it to the nearest. */
const half = 0.5;

/**
 * Resizes with a triangle filter that widens when it shrinks (antialiased bilinear), in plain
 * arithmetic, so that training, serving and browser see the same pixels.
 *
 * @returns the image itself when it has that size
 * @see Pillow, `Image.resize` with `BILINEAR`: the same filter, columns first, bytes in between
 */
export function resample(image: RgbImage, width: number, height: number): RgbImage {
  return resizeHeight(resizeWidth(image, width), height);
}

function resizeWidth(image: RgbImage, width: number): RgbImage {
  if (width === image.width) return image;
  const { height, data } = image;
  const { first, counts, weights, stride } = tapsOf(image.width, width);
  const result = new Uint8Array(width * height * 3);
  let to = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let red = half;
      let green = half;
      let blue = half;
      let from = (y * image.width + first[x]!) * 3;
      const end = x * stride + counts[x]!;
      for (let tap = x * stride; tap < end; tap++, from += 3) {
        const weight = weights[tap]!;
        red += weight * data[from]!;
        green += weight * data[from + 1]!;
        blue += weight * data[from + 2]!;
      }
      result[to++] = red;
      result[to++] = green;
      result[to++] = blue;
    }
  }
  return { width, height, data: result };
}

function resizeHeight(image: RgbImage, height: number): RgbImage {
  if (height === image.height) return image;
  const { width, data } = image;
  const { first, counts, weights, stride } = tapsOf(image.height, height);
  const rowLength = width * 3;
  const result = new Uint8Array(rowLength * height);
  const sums = new Float64Array(rowLength);
  for (let y = 0; y < height; y++) {
    sums.fill(half);
    for (let tap = 0; tap < counts[y]!; tap++) {
      const weight = weights[y * stride + tap]!;
      const from = (first[y]! + tap) * rowLength;
      for (let i = 0; i < rowLength; i++) sums[i]! += weight * data[from + i]!;
    }
    const to = y * rowLength;
    for (let i = 0; i < rowLength; i++) result[to + i] = sums[i]!;
  }
  return { width, height, data: result };
}

function tapsOf(from: number, to: number): Taps {
  const scale = from / to;
  const reach = Math.max(1, scale);
  const stride = Math.ceil(reach) * 2 + 1;
  const first = new Int32Array(to);
  const counts = new Int32Array(to);
  const weights = new Float64Array(to * stride);
  for (let place = 0; place < to; place++) {
    const centre = (place + 0.5) * scale;
    const start = Math.max(0, Math.floor(centre - reach + 0.5));
    const count = Math.min(from, Math.floor(centre + reach + 0.5)) - start;
    const own = weights.subarray(place * stride, place * stride + count);
    let total = 0;
    for (let tap = 0; tap < count; tap++) {
      own[tap] = Math.max(0, 1 - Math.abs((start + tap + 0.5 - centre) / reach));
      total += own[tap]!;
    }
    for (let tap = 0; tap < count; tap++) own[tap]! /= total;
    first[place] = start;
    counts[place] = count;
  }
  return { first, counts, weights, stride };
}
