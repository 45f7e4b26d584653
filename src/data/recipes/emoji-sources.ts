import type { SourceInput } from "../recipe-schema.ts";

/** A tenth of the concepts is never seen in any style: enough to choose among 100. */
const split = { validation: 0.05, heldout: 0.1 };

const naming = {
  names: "emojibase-data@17.0.0",
  namesIntegrity:
    "sha512-Yvgb5AWoHViHV/gq1qr5ZAarcBip+B27/ZLRsUJkbgAEaLlZ/fof9g882LTpmEpyhBNEC0m2SEmItljHsTygjA==",
  namesTarballBytes: 6_711_091,
};

const emoji = { format: "emoji", loss: "image", split, ...naming } as const;

const iconSet = { ...emoji, files: ["icons.json", "chars.json"] };

const noto = {
  ...iconSet,
  npm: "@iconify-json/noto@1.2.9",
  integrity:
    "sha512-DQiuXENbun41ch+XPSV55H9FaWKpHTyz46YIKtSaKYD4fIDDzL1tR6H4np/T38jfrTAeI3rcKF0mqHYeZVAuaw==",
  tarballBytes: 3_102_958,
  licence: "Apache-2.0",
};

const fluent = {
  ...emoji,
  npm: "fluentui-emoji@1.3.0",
  integrity:
    "sha512-JTXXwqIie2rWTgOkIJDJxr0WtwTz2WU4kdOq8buLVThYwQ264aFR2jdTyuon2oEbLqqGMT64zI4btyn1saB2xw==",
  tarballBytes: 23_804_319,
  licence: "MIT",
};

/**
 * Emojis with their names in six styles of three families, and Twemoji, a family of its own that is
 * never trained on. Names come in other languages too, Chinese among them.
 */
export const emojiSources: readonly SourceInput[] = [
  { ...noto, name: "noto", weight: 3 },
  {
    ...iconSet,
    name: "noto-v1",
    npm: "@iconify-json/noto-v1@1.2.5",
    integrity:
      "sha512-/DsVMius69Q0fRS53z7QK1TROSuar606jiIx+laXtdsYGMXpf6LtHBx6CGfoo3UHHb/XpBsw+1L1x3eyPqMuVA==",
    tarballBytes: 1_587_591,
    licence: "Apache-2.0",
    weight: 2,
  },
  {
    ...iconSet,
    name: "emojione",
    npm: "@iconify-json/emojione@1.2.3",
    integrity:
      "sha512-T9+T3HIbJNLKKsmxYKlaYhvnHYkz/HNYTV7SHCXVZPfeUi4FqskY70YeN8yYAZT8cCv7w5vJxS4Q1m8zb9CMMg==",
    tarballBytes: 687_690,
    licence: "CC-BY-4.0",
    origin: "EmojiOne 2, Ranks.com; npm @iconify-json/emojione@1.2.3",
    weight: 2,
  },
  {
    ...emoji,
    name: "fluent-3d",
    npm: "@lobehub/fluent-emoji-3d@1.1.0",
    files: ["assets/*.webp"],
    integrity:
      "sha512-Wlq2lVStTnr8BDpIJ0pEnTKO4LuDxxqTEhTvRtD1DLRF0me7ogeRQjKoehDHXuVJ2Qaecgl5wRBv60lUAG3h7g==",
    tarballBytes: 15_792_027,
    licence: "MIT",
    weight: 3,
  },
  { ...fluent, name: "fluent-flat", files: ["icons/flat/*.svg"], weight: 2 },
  { ...fluent, name: "fluent-modern", files: ["icons/modern/*.svg"], weight: 2 },
  {
    ...noto,
    name: "noto-languages",
    languages: ["zh", "de", "es", "fr", "ja", "ru", "hi"],
    weight: 2,
  },
  {
    ...iconSet,
    name: "twemoji",
    npm: "@iconify-json/twemoji@1.2.5",
    integrity:
      "sha512-uKpuIEV0v6K5BW3Mjdyl+XKFVAbbcPxAgifKvEMtZoUZB5+YiY5zaMm2uNNCxyXzAWU9yNLlj41WU6/mvgALsw==",
    tarballBytes: 1_555_888,
    licence: "CC-BY-4.0",
    origin: "Twemoji, Twitter and contributors; npm @iconify-json/twemoji@1.2.5",
    loss: "new-style",
    heldoutOnly: true,
  },
];

/** A further style to measure, under a licence whose terms pass on to what shows it. */
export const openMojiSource: SourceInput = {
  ...emoji,
  name: "openmoji",
  npm: "openmoji@17.0.0",
  files: ["color/svg/*.svg"],
  integrity:
    "sha512-EBnYrNGdcdw+OSXmENeNE1yBNRu6tOraTmoOyUbJkTmvT/+XETp8RZLSJFzD3lrPc5N9CzsyPnRTk0Vp4UaI9w==",
  tarballBytes: 4_339_458,
  licence: "CC-BY-SA-4.0",
  origin: "OpenMoji, HfG Schwäbisch Gmünd and contributors; npm openmoji@17.0.0",
  loss: "new-style",
  heldoutOnly: true,
};
