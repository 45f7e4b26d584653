/** Pixels in three colours. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  /** [height, width, 3] */
  readonly data: Uint8Array;
}

/** For each output place: the first input place and the weights from there on. */
interface Taps {
  readonly first: Int32Array;
  /** [places, count], filled up with zeros */
  readonly weights: Float64Array;
  readonly count: number;
}

/**
 * Resizes with a triangle filter that widens when it shrinks (antialiased bilinear), in plain
 * arithmetic, so that training, serving and browser see the same pixels.
 *
 * @see Pillow, `Image.resize` with `BILINEAR`: the same filter, columns first
 */
export function resample(image: RgbImage, width: number, height: number): RgbImage {
  const across = resizeLines(image.data, {
    taps: tapsOf(image.width, width),
    lines: image.height,
    lineStride: { from: image.width * 3, to: width * 3 },
    placeStride: { from: 3, to: 3 },
    size: width * image.height * 3,
  });
  const data = resizeLines(across, {
    taps: tapsOf(image.height, height),
    lines: width,
    lineStride: { from: 3, to: 3 },
    placeStride: { from: width * 3, to: width * 3 },
    size: width * height * 3,
  });
  return { width, height, data };
}

/** Lines of pixels (rows or columns) that are resized one by one; strides in bytes. */
interface Lines {
  readonly taps: Taps;
  readonly lines: number;
  readonly lineStride: { readonly from: number; readonly to: number };
  readonly placeStride: { readonly from: number; readonly to: number };
  /** Bytes of the result. */
  readonly size: number;
}

function resizeLines(source: Uint8Array, work: Lines): Uint8Array {
  const { taps, lines, lineStride, placeStride, size } = work;
  const { first, weights, count } = taps;
  const result = new Uint8Array(size);
  for (let line = 0; line < lines; line++) {
    for (let place = 0; place < first.length; place++) {
      let [red, green, blue] = [0.5, 0.5, 0.5]; // rounds to the nearest when cut off
      let from = line * lineStride.from + first[place]! * placeStride.from;
      for (let tap = place * count; tap < (place + 1) * count; tap++) {
        const weight = weights[tap]!;
        if (weight === 0) break;
        red += weight * source[from]!;
        green += weight * source[from + 1]!;
        blue += weight * source[from + 2]!;
        from += placeStride.from;
      }
      const to = line * lineStride.to + place * placeStride.to;
      result[to] = red;
      result[to + 1] = green;
      result[to + 2] = blue;
    }
  }
  return result;
}

function tapsOf(from: number, to: number): Taps {
  const scale = from / to;
  const reach = Math.max(1, scale);
  const count = Math.ceil(reach) * 2 + 1;
  const first = new Int32Array(to);
  const weights = new Float64Array(to * count);
  for (let place = 0; place < to; place++) {
    const centre = (place + 0.5) * scale;
    const start = Math.max(0, Math.floor(centre - reach + 0.5));
    const end = Math.min(from, Math.floor(centre + reach + 0.5));
    first[place] = start;
    let total = 0;
    for (let at = start; at < end; at++) {
      const weight = Math.max(0, 1 - Math.abs((at + 0.5 - centre) / reach));
      weights[place * count + at - start] = weight;
      total += weight;
    }
    for (let tap = place * count; tap < (place + 1) * count; tap++) weights[tap]! /= total;
  }
  return { first, weights, count };
}
