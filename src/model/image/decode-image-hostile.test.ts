import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { crc32, deflateSync, gzipSync } from "node:zlib";
import sharp from "sharp";
import { expect, onTestFinished, test } from "vitest";
import { ImageError } from "../../errors.ts";
import { decodeImage } from "./decode-image.ts";

const svgStart = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:xi="http://www.w3.org/2001/XInclude" width="96" height="96">`;

/** Documents that would show a black picture if they read what is at the address. */
const referring: Readonly<Record<string, (address: string) => string>> = {
  "image xlink:href": (at) => `${svgStart}<image xlink:href="${at}" width="96" height="96"/></svg>`,
  "image href": (at) => `${svgStart}<image href="${at}" width="96" height="96"/></svg>`,
  feImage: (at) =>
    `${svgStart}<filter id="f"><feImage href="${at}"/></filter><rect width="96" height="96" fill="#fff" filter="url(#f)"/></svg>`,
};

/** Documents that would show a black drawing, style or text, or fetch it. */
const including: typeof referring = {
  use: (at) => `${svgStart}<use href="${at}#all"/></svg>`,
  fill: (at) => `${svgStart}<rect width="96" height="96" fill="url(${at}#all) #fff"/></svg>`,
  stylesheet: (at) =>
    `<?xml-stylesheet href="${at}" type="text/css"?>${svgStart}<rect width="96" height="96" fill="#fff"/></svg>`,
  "@import": (at) =>
    `${svgStart}<style>@import url("${at}");</style><rect width="96" height="96" fill="#fff"/></svg>`,
  entity: (at) =>
    `<!DOCTYPE svg [<!ENTITY x SYSTEM "${at}">]>${svgStart}&x;<text y="50">&x;</text></svg>`,
  "parameter entity": (at) => `<!DOCTYPE svg [<!ENTITY % x SYSTEM "${at}"> %x;]>${svgStart}</svg>`,
  doctype: (at) => `<!DOCTYPE svg SYSTEM "${at}">${svgStart}</svg>`,
  "xi:include": (at) =>
    `${svgStart}<xi:include href="${at}"/><text y="50"><xi:include href="${at}" parse="text"/></text></svg>`,
};

const picture = () =>
  sharp({ create: { width: 96, height: 96, channels: 3, background: "#000" } })
    .png()
    .toBuffer();
const drawing = `${svgStart}<g id="all"><rect width="96" height="96"/></g></svg>`;
const style = "rect { fill: #000 }";

/** Whether a document shows nothing of what it refers to. */
async function isBlank(svg: string): Promise<boolean> {
  try {
    const { data } = await decodeImage(Buffer.from(svg), "hostile.svg");
    return data.every((value) => value === 255);
  } catch (error) {
    expect(error).toBeInstanceOf(ImageError);
    expect((error as Error).message).toMatch(/^hostile\.svg: /);
    return true;
  }
}

test.each(Object.entries(referring))("%s shows what lies in the SVG itself", async (_, refer) => {
  const inside = `data:image/png;base64,${(await picture()).toString("base64")}`;
  expect(await isBlank(refer(inside))).toBe(false);
});

test.each(Object.entries({ ...referring, ...including }))(
  "what an SVG's %s refers to is neither read nor fetched",
  async (name, refer) => {
    const requests: string[] = [];
    const contents = { "x.png": await picture(), "x.svg": drawing, "x.css": style };
    const server = createServer((request, response) => {
      requests.push(request.url!);
      response.end(contents[request.url!.slice(1) as keyof typeof contents]);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const folder = await mkdtemp(join(tmpdir(), "svg-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const { port } = server.address() as AddressInfo;
    for (const [file, content] of Object.entries(contents)) {
      const path = join(folder, file);
      await writeFile(path, content);
      for (const at of [
        path,
        `file://${path}`,
        `file:///${path}`,
        relative(process.cwd(), path),
        `http://127.0.0.1:${port}/${file}`,
      ]) {
        expect(await isBlank(refer(at)), `${name} ${at}`).toBe(true);
        expect(await isBlank(refer(at.replaceAll("/", "&#47;"))), `${name} ${at}`).toBe(true);
      }
    }
    expect(requests).toEqual([]);
    await (await fetch(`http://127.0.0.1:${port}/x.css`)).text();
    expect(requests, "the server counts").toEqual(["/x.css"]);
  },
);

/** A PNG that says its size and holds nothing of it. */
function emptyPng(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const chunk = (type: string, data: Buffer) => {
    const frame = Buffer.concat([Buffer.alloc(4), Buffer.from(type), data, Buffer.alloc(4)]);
    frame.writeUInt32BE(data.length, 0);
    frame.writeUInt32BE(crc32(frame.subarray(4, -4)), frame.length - 4);
    return frame;
  };
  return Buffer.concat([
    Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(Buffer.alloc(100))),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

async function refusal(bytes: Uint8Array): Promise<string> {
  const error = await decodeImage(bytes, "b.png").catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(ImageError);
  return (error as Error).message;
}

test.each([
  [100_000, 1000],
  [1000, 100_000],
  [32_769, 1],
  [8193, 8192],
])("%i x %i pixels are refused by the header", async (width, height) => {
  expect(await refusal(emptyPng(width, height))).toBe(
    `b.png: expected at most 64 megapixels and 32768 pixels on a side, got ${width} x ${height}; make it smaller first`,
  );
});

test("an SVG that says a huge size is refused as well", async () => {
  const svg = drawing.replace('width="96" height="96"', 'width="100000" height="1000"');
  expect(await refusal(Buffer.from(svg))).toContain("got 100000 x 1000; make it smaller");
});

test("an SVG whose entities multiply is refused at once", async () => {
  const levels = Array.from(
    { length: 10 },
    (_, i) => `<!ENTITY laugh${i + 1} "${`&laugh${i};`.repeat(10)}">`,
  );
  const nested = `<!DOCTYPE svg [<!ENTITY laugh0 "laugh">${levels.join("")}]>${svgStart}<text y="50">&laugh10;</text></svg>`;
  const long = `<!DOCTYPE svg [<!ENTITY a "${"a".repeat(50_000)}">]>${svgStart}<text y="50">${"&a;".repeat(20_000)}</text></svg>`;
  for (const svg of [nested, long]) {
    expect(await refusal(Buffer.from(svg))).toContain("Maximum entity amplification");
  }
  const few = `<!DOCTYPE svg [<!ENTITY a "laugh">]>${svgStart}<text y="50">&a;</text></svg>`;
  expect(await isBlank(few)).toBe(false);
});

const noise = sharp(
  Uint8Array.from({ length: 96 * 96 * 3 }, (_, i) => (i * 7919) % 256),
  {
    raw: { width: 96, height: 96, channels: 3 },
  },
);

test.each(["png", "jpeg", "webp", "gif"] as const)("half of a %s is refused", async (format) => {
  const bytes = await noise.clone().toFormat(format).toBuffer();
  await decodeImage(bytes, "whole");
  for (const length of [bytes.length >> 1, 60, 12, 3]) {
    expect(await refusal(bytes.subarray(0, length))).toMatch(
      /^b\.png: expected a whole image in PNG, JPEG, WebP, GIF or SVG, got .+; check the file/,
    );
  }
});

test.each<[string, RegExp, () => Promise<Uint8Array> | Uint8Array]>([
  ["text", /expected a whole image/, () => Buffer.from("a cat on a mat\n")],
  ["nothing", /expected a whole image/, () => new Uint8Array(0)],
  ["another format", /got tiff; convert it first/, () => noise.clone().tiff().toBuffer()],
  ["an SVG in gzip", /got gzip; convert it first/, () => gzipSync(drawing)],
  ["an SVG with nothing in it", /expected a whole image/, () => Buffer.from("<svg/>")],
  ["half of an SVG", /expected a whole image/, () => Buffer.from(drawing.slice(0, -30))],
])("%s is refused", async (_, message, bytes) => {
  expect(await refusal(await bytes())).toMatch(message);
});
