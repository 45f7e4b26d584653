import { expect, test } from "vitest";
import { resample } from "./resample.ts";

/** An image whose bytes tell their place. */
function numbered(width: number, height: number) {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const [x, y, colour] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width), i % 3];
    return (x * 37 + y * 91 + colour * 53) % 256;
  });
  return { width, height, data };
}

// Pillow 12.3, `Image.resize` with `BILINEAR`, of the same images
test.each<[number, number, number, number, readonly number[]]>([
  [
    ...([5, 4, 2, 3] as const),
    [64, 117, 149, 138, 167, 171, 139, 139, 117, 126, 132, 104, 82, 104, 133, 104, 154, 150],
  ],
  [...([7, 1, 3, 1] as const), [32, 85, 138, 111, 164, 202, 190, 152, 95]],
  [
    ...([4, 4, 4, 2] as const),
    [
      ...[65, 118, 134, 102, 118, 171, 102, 155, 99, 139, 192, 136],
      ...[98, 151, 95, 135, 79, 132, 63, 116, 132, 100, 153, 169],
    ],
  ],
  [
    ...([3, 2, 5, 4] as const),
    [
      ...[0, 53, 106, 15, 68, 121, 37, 90, 143, 59, 112, 165, 74, 127, 180],
      ...[23, 76, 129, 38, 91, 144, 60, 113, 166, 82, 135, 150, 97, 150, 139],
      ...[68, 121, 174, 83, 136, 189, 105, 158, 211, 127, 180, 119, 142, 195, 56],
      ...[91, 144, 197, 106, 159, 212, 128, 181, 234, 150, 203, 103, 165, 218, 15],
    ],
  ],
])("%i x %i to %i x %i is Pillow's within one", (width, height, toWidth, toHeight, expected) => {
  const { data } = resample(numbered(width, height), toWidth, toHeight);
  expect(data).toHaveLength(expected.length);
  const off = expected.map((value, i) => Math.abs(value - data[i]!));
  expect(Math.max(...off)).toBeLessThanOrEqual(1);
});

test("an equal size changes nothing, and one colour stays", () => {
  const image = numbered(9, 6);
  expect(resample(image, 9, 6).data).toEqual(image.data);
  const grey = { width: 50, height: 3, data: new Uint8Array(450).fill(199) };
  expect(resample(grey, 7, 20).data.every((value) => value === 199)).toBe(true);
});
