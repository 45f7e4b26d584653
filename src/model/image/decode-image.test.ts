import sharp, { type Sharp } from "sharp";
import { expect, test } from "vitest";
import { decodeImage, encodePng } from "./decode-image.ts";
import type { ImagePixels } from "./pixels.ts";
import { resample } from "./resample.ts";

/** 128 x 96: red left of the middle, blue right of it. */
const twoColours = `<svg xmlns="http://www.w3.org/2000/svg" width="128" height="96">
<rect width="64" height="96" fill="#f00"/><rect x="64" width="64" height="96" fill="#00f"/></svg>`;
const drawn = (): Sharp => sharp(Buffer.from(twoColours)).flatten();

function pixelAt({ grid, data }: ImagePixels, x: number, y: number): number[] {
  const at = (y * grid.columns * 32 + x) * 3;
  return [...data.subarray(at, at + 3)];
}

function expectNear(actual: readonly number[], expected: readonly number[], tolerance = 12) {
  actual.forEach((value, i) => {
    expect(Math.abs(value - expected[i]!), `${actual}`).toBeLessThanOrEqual(tolerance);
  });
}

const red = [255, 0, 0];
const blue = [0, 0, 255];

test.each<[string, () => Promise<Buffer> | Buffer]>([
  ["svg", () => Buffer.from(twoColours)],
  ["png", () => drawn().png().toBuffer()],
  ["png of 16 bits", () => drawn().toColourspace("rgb16").png().toBuffer()],
  ["jpeg", () => drawn().jpeg({ quality: 95 }).toBuffer()],
  ["webp", () => drawn().webp({ lossless: true }).toBuffer()],
  ["gif", () => drawn().gif().toBuffer()],
])("%s is decoded", async (_, made) => {
  const pixels = await decodeImage(await made(), "a");
  expect(pixels.grid).toEqual({ rows: 3, columns: 4 });
  expectNear(pixelAt(pixels, 20, 20), red);
  expectNear(pixelAt(pixels, 110, 80), blue);
});

test("CMYK and grey become sRGB", async () => {
  const cmyk = await drawn().toColourspace("cmyk").jpeg({ quality: 95 }).toBuffer();
  expect((await sharp(cmyk).metadata()).space).toBe("cmyk");
  const pixels = await decodeImage(cmyk, "c");
  expect(pixels.data).toHaveLength(128 * 96 * 3);
  const [r, g, b] = pixelAt(pixels, 110, 50) as [number, number, number];
  expect(b).toBeGreaterThan(Math.max(r, g) + 40);
  expect(pixelAt(pixels, 20, 50)[0]).toBeGreaterThan(200);
  const half = { width: 96, height: 96, channels: 3 as const, background: "#646464" };
  const grey = sharp({ create: half }).toColourspace("b-w");
  for (const bytes of [await grey.clone().png().toBuffer(), await grey.jpeg().toBuffer()]) {
    expect((await sharp(bytes).metadata()).channels).toBe(1);
    const { data } = await decodeImage(bytes, "g");
    expect(data).toEqual(new Uint8Array(96 * 96 * 3).fill(100));
  }
});

test("16 bits become 8, and what is transparent becomes white, in every combination", async () => {
  const half = { width: 96, height: 96, channels: 4 as const };
  const image = (alpha: number) =>
    sharp({ create: { ...half, background: { r: 100, g: 20, b: 240, alpha } } });
  const expected: [Sharp, number[]][] = [
    [image(1), [100, 20, 240]],
    [image(0.5), [177, 137, 247]],
    [image(0), [255, 255, 255]],
  ];
  for (const [picture, colour] of expected) {
    const deep = await picture.clone().toColourspace("rgb16").png().toBuffer();
    expect((await sharp(deep).metadata()).depth).toBe("ushort");
    const flat = await picture.clone().png().toBuffer();
    const webp = await picture.clone().webp({ lossless: true }).toBuffer();
    for (const bytes of [deep, flat, webp]) {
      expectNear(pixelAt(await decodeImage(bytes, "a"), 50, 50), colour, 2);
    }
  }
  const grey = await image(0).toColourspace("b-w").png().toBuffer();
  expect((await sharp(grey).metadata()).channels).toBe(2);
  expect(pixelAt(await decodeImage(grey, "a"), 50, 50)).toEqual([255, 255, 255]);
});

test("grey of 16 bits and few colours keep their transparency", async () => {
  const grey = (alpha: number) =>
    sharp(
      Uint16Array.from({ length: 96 * 96 * 2 }, (_, i) => (i % 2 === 0 ? 100 * 257 : alpha)),
      { raw: { width: 96, height: 96, channels: 2 } },
    );
  for (const [alpha, expected] of [
    [0, 255],
    [0x8000, 177],
    [0xffff, 100],
  ] as const) {
    const bytes = await grey(alpha).toColourspace("grey16").png().toBuffer();
    expect(await sharp(bytes).metadata()).toMatchObject({ channels: 2, depth: "ushort" });
    expectNear(pixelAt(await decodeImage(bytes, "grey"), 50, 50), Array(3).fill(expected), 1);
  }
  const half = `<svg xmlns="http://www.w3.org/2000/svg" width="96" height="96"><rect width="48" height="96" fill="#00f"/></svg>`;
  const palette = await sharp(Buffer.from(half)).png({ palette: true, colours: 2 }).toBuffer();
  expect((await sharp(palette).metadata()).isPalette).toBe(true);
  const pixels = await decodeImage(palette, "palette");
  expect([pixelAt(pixels, 20, 20), pixelAt(pixels, 80, 20)]).toEqual([blue, [255, 255, 255]]);
});

test("an SVG without a size takes that of its drawing", async () => {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg"><rect width="128" height="96" fill="#00f"/></svg>`;
  const pixels = await decodeImage(Buffer.from(svg), "no size");
  expect(pixels.grid).toEqual({ rows: 3, columns: 4 });
  expect([pixelAt(pixels, 1, 1), pixelAt(pixels, 126, 94)]).toEqual([blue, blue]);
});

test("of an animation the first frame counts", async () => {
  const frames = [red, blue].map(([r, g, b]) => ({
    create: { width: 96, height: 96, channels: 3 as const, background: { r: r!, g: g!, b: b! } },
  }));
  const pictures = await Promise.all(frames.map((frame) => sharp(frame).png().toBuffer()));
  const animated = sharp(pictures, { join: { animated: true } });
  for (const bytes of [await animated.clone().gif().toBuffer(), await animated.webp().toBuffer()]) {
    const pixels = await decodeImage(bytes, "animated");
    expect(pixels.grid).toEqual({ rows: 3, columns: 3 });
    expectNear(pixelAt(pixels, 40, 40), red);
  }
});

/** Where the stored corners lie when it is upright: top left, top right, bottom left, bottom right. */
const uprightCorners: Readonly<Record<number, string>> = {
  1: "rgbk",
  2: "grkb",
  3: "kbgr",
  4: "bkrg",
  5: "rbgk",
  6: "brkg",
  7: "kgbr",
  8: "gkrb",
};
const cornerColours = { r: red, g: [0, 255, 0], b: blue, k: [0, 0, 0] };

test.each([
  { width: 128, height: 96, orientations: [1, 2, 3, 4, 5, 6, 7, 8] },
  // so large that libvips shrinks it first
  { width: 5120, height: 3840, orientations: [6] },
])("orientations $orientations of EXIF are applied at $width x $height", async (stored) => {
  const { width, height, orientations } = stored;
  const corners = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 3" width="128" height="96">
<rect width="2" height="1.5" fill="#f00"/><rect x="2" width="2" height="1.5" fill="#0f0"/>
<rect y="1.5" width="2" height="1.5" fill="#00f"/><rect x="2" y="1.5" width="2" height="1.5"/></svg>`;
  const small = await sharp(Buffer.from(corners)).flatten().png().toBuffer();
  const picture = sharp(small).resize(width, height, { kernel: "nearest" });
  for (const orientation of orientations) {
    const bytes = await picture.clone().withMetadata({ orientation }).jpeg().toBuffer();
    const pixels = await decodeImage(bytes, `orientation ${orientation}`);
    const { rows, columns } = pixels.grid;
    expect(rows / columns).toBe(orientation > 4 ? 4 / 3 : 3 / 4);
    [...uprightCorners[orientation]!].forEach((colour, i) => {
      const x = columns * (i % 2 === 0 ? 8 : 24);
      const y = rows * (i < 2 ? 8 : 24);
      expectNear(pixelAt(pixels, x, y), cornerColours[colour as "r"], 20);
    });
  }
});

/** Greys of a line that runs across an upright edge: enlarged pixels would give many. */
function greysAcross(pixels: ImagePixels): number {
  const { columns, rows } = pixels.grid;
  const line = Array.from({ length: columns * 32 }, (_, x) => pixelAt(pixels, x, rows * 16)[0]!);
  expect([line[0], line.at(-1)]).toEqual([255, 0]);
  return line.filter((value) => value > 8 && value < 247).length;
}

test.each([
  ['viewBox="0 0 24 24" width="24" height="24"', 3, 3],
  ['viewBox="0 0 24 24"', 3, 3],
  ['viewBox="0 0 24 24" width="72"', 3, 3],
  ['viewBox="0 0 24 24" width="8mm" height="8mm"', 3, 3],
  ['viewBox="0 0 24 24" width="40" height="20" preserveAspectRatio="none"', 2, 4],
  ['viewBox="0 0 24 24" width="3000" height="1" preserveAspectRatio="none"', 1, 32],
])("an SVG of %s is drawn sharp, white where nothing is", async (attributes, rows, columns) => {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" ${attributes}><rect x="12" width="12" height="24"/></svg>`;
  const pixels = await decodeImage(Buffer.from(svg), "icon");
  expect(pixels.grid).toEqual({ rows, columns });
  expect(greysAcross(pixels)).toBeLessThanOrEqual(2);
});

test("shrinking a much too large image first changes little", async () => {
  const size = { width: 4200, height: 140 };
  const data = Uint8Array.from({ length: size.width * size.height * 3 }, (_, i) => {
    const [x, y, colour] = [Math.floor(i / 3) % 4200, Math.floor(i / 3 / 4200), i % 3];
    return 127.5 + 60 * Math.sin(x / 12 + colour) + 60 * Math.cos(y / 9);
  });
  const bytes = await sharp(data, { raw: { ...size, channels: 3 } })
    .png()
    .toBuffer();
  const pixels = await decodeImage(bytes, "large");
  expect(pixels.grid).toEqual({ rows: 1, columns: 32 });
  const atOnce = resample({ ...size, data }, 1024, 32).data;
  const worst = pixels.data.reduce(
    (most, value, i) => Math.max(most, Math.abs(value - atOnce[i]!)),
    0,
  );
  expect(worst).toBeLessThanOrEqual(6);
});

test.each([
  { rows: 8, columns: 1 },
  { rows: 2, columns: 5 },
  { rows: 32, columns: 32 },
])("a PNG of $columns x $rows tokens comes back bit for bit", async (grid) => {
  const data = Uint8Array.from(
    { length: grid.rows * grid.columns * 3072 },
    (_, i) => (i * 7919 * (i % 13)) % 256,
  );
  const again = await decodeImage(await encodePng({ grid, data }), "again");
  expect(again.grid).toEqual(grid);
  expect(Buffer.compare(again.data, data)).toBe(0);
});

test("a single pixel is enlarged, a photograph made smaller, a PNG comes back bit for bit", async () => {
  const pixel = { create: { width: 1, height: 1, channels: 3 as const, background: "#00f" } };
  const small = await decodeImage(await sharp(pixel).png().toBuffer(), "1x1");
  expect(small.grid).toEqual({ rows: 3, columns: 3 });
  expectNear(pixelAt(small, 90, 3), blue);
  const photograph = await drawn().resize(5000, 3750, { kernel: "nearest" }).jpeg().toBuffer();
  const large = await decodeImage(photograph, "photo");
  expect(large.grid).toEqual({ rows: 24, columns: 32 });
  expectNear(pixelAt(large, 400, 300), red);
  expectNear(pixelAt(large, 700, 700), blue);
  const again = await decodeImage(await encodePng(large), "again");
  expect(again.grid).toEqual(large.grid);
  expect(Buffer.compare(again.data, large.data)).toBe(0);
});
