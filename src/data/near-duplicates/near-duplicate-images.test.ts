import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ConfigError } from "../../errors.ts";
import { Random } from "../../statistics/random.ts";
import {
  type Drawing,
  drawBars,
  drawNumber,
  drawShapes,
  pixelsOf,
  svgOf,
  treatments,
} from "./drawing.fixture.ts";
import { NearDuplicateImages } from "./near-duplicate-images.ts";
import { type PerceptualHash, perceptualHash, thumbnailDifference } from "./perceptual-hash.ts";

const thumbnailFile = join(mkdtempSync(join(tmpdir(), "foretoken-")), "thumbnails");
const hashOf = async (bytes: Uint8Array): Promise<PerceptualHash> =>
  perceptualHash(await pixelsOf(bytes));
const hashOfBody = (body: string) => hashOf(svgOf(body));

function* drawings(each: number): Generator<Drawing> {
  const random = new Random(1);
  for (const draw of [drawShapes, drawBars, drawNumber]) {
    for (let i = 0; i < each; i++) yield draw(random);
  }
}

/** Drawings that are symmetric or nearly nothing: most of their frequencies are zero. */
const plain = [
  `<circle cx="128" cy="128" r="70" fill="#d22"/>`,
  `<rect x="60" y="60" width="136" height="136" fill="#22d"/>`,
  `<path d="M128 40L216 200L40 200Z"/>`,
  `<path d="M0 128H256" stroke="#000" stroke-width="8"/>`,
  `<path d="M0 0L256 256" stroke="#000" stroke-width="4"/>`,
  `<rect width="256" height="256" fill="#d22"/>`,
  `<rect width="256" height="256" fill="#22d"/>`,
  `<rect width="256" height="256" fill="#000"/>`,
];

test("the same picture in another size, light, compression or sharpness is found", async () => {
  const images = new NearDuplicateImages({ distance: 8, thumbnailFile });
  const bodies = [...new Set([...plain, ...[...drawings(8)].map(({ body }) => body)])];
  expect(bodies.length).toBeGreaterThan(30);
  for (const body of bodies) expect(images.find(await hashOfBody(body))).toBeUndefined();
  for (const [name, treat] of Object.entries(treatments)) {
    for (const [i, body] of bodies.entries()) {
      const twin = images.find(await hashOf(await treat(body)));
      expect(twin?.image, `${name}: ${body}`).toBe(i);
    }
  }
  images.close();
});

test("other drawings are kept: one thing more, another form, colour, place, bar or number", async () => {
  for (const { body, others } of drawings(15)) {
    const images = new NearDuplicateImages({ distance: 15, thumbnailFile });
    images.find(await hashOfBody(body));
    for (const [name, other] of Object.entries(others)) {
      expect(images.find(await hashOfBody(other)), `${name}: ${body} and ${other}`).toBeUndefined();
    }
    images.close();
  }
});

test("the first of a cluster is kept; thumbnails outgrow the memory", () => {
  const images = new NearDuplicateImages({ distance: 2, thumbnailFile });
  const random = new Random(2);
  const hashes = Array.from({ length: 6000 }, () => {
    const thumbnail = new Uint8Array(3072);
    for (let i = 0; i < thumbnail.length; i++) thumbnail[i] = random.word();
    return { high: random.word(), low: random.word(), thumbnail };
  });
  for (const hash of hashes) expect(images.find(hash)).toBeUndefined();
  expect(existsSync(thumbnailFile)).toBe(true);
  for (const i of [0, 2729, 2730, 5999]) {
    expect(images.find({ ...hashes[i]!, high: hashes[i]!.high ^ 5 })).toEqual({
      image: i,
      distance: 2,
    });
  }
  // A hash alone is not enough, and a thumbnail alone neither.
  expect(images.find({ ...hashes[0]!, thumbnail: hashes[1]!.thumbnail })).toBeUndefined();
  expect(images.find({ ...hashes[0]!, high: hashes[0]!.high ^ 7 })).toBeUndefined();
  images.close();
  expect(existsSync(thumbnailFile)).toBe(false);
});

test("a hash is made of cells: known answers", () => {
  const grid = { rows: 1, columns: 2 };
  const data = new Uint8Array(32 * 64 * 3).fill(255);
  const blank = perceptualHash({ grid, data });
  expect(blank).toEqual({ high: 0, low: 0, thumbnail: new Uint8Array(3072).fill(255) });
  // The left half black: the odd frequencies across, alternating, fall and rise.
  for (let i = 0; i < data.length; i++) if (i % 192 < 96) data[i] = 0;
  const half = perceptualHash({ grid, data });
  expect(half.thumbnail.subarray(0, 96)).toEqual(
    Uint8Array.from({ length: 96 }, (_, i) => (i < 48 ? 0 : 255)),
  );
  // Bit 0 is frequency 1 across; of 1, 3, 5, 7 the signs are -, +, -, +.
  expect([half.high, half.low]).toEqual([0, 0b100_0100]);
});

test("thumbnails differ in what brightness and contrast do not explain", () => {
  const first = Uint8Array.from({ length: 3072 }, (_, i) => 60 + (i % 100));
  const lighter = first.map((value) => value * 1.2 + 15);
  expect(thumbnailDifference(first, first)).toBe(0);
  expect(thumbnailDifference(first, lighter)).toBeLessThan(1.01);
  const spotted = lighter.with(7, 255);
  expect(thumbnailDifference(first, spotted)).toBeGreaterThan(150);
  const [black, white] = [new Uint8Array(3072), new Uint8Array(3072).fill(255)];
  expect(thumbnailDifference(black, white)).toBe(215);
});

test("says which distance cannot be searched", () => {
  for (const distance of [-1, 2.5, 16]) {
    const make = () => new NearDuplicateImages({ distance, thumbnailFile });
    expect(make).toThrow(ConfigError);
    expect(make).toThrow(`expected a distance from 0 to 15 bits, got ${distance}`);
  }
});
