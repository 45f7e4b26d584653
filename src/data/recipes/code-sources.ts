import type { SourceInput } from "../recipe-schema.ts";

/** Permissively licensed JavaScript and TypeScript; one library is only measured. */
export const codeSources: readonly SourceInput[] = [
  {
    name: "three",
    npm: "three@0.180.0",
    files: ["src/**/*.js", "examples/jsm/**/*.js", "!examples/jsm/libs/**", "!**/*.min.js"],
    integrity:
      "sha512-o+qycAMZrh+TsE01GqWUxUIKR1AL0S8pq7zDkYOQw8GqfX8b8VoCKYUoHbhiX5j+7hr8XsuHDVU6+gkQJQKg9w==",
    tarballBytes: 7_750_248,
    licence: "MIT",
    loss: "code",
    weight: 12,
  },
  {
    name: "mathjs",
    npm: "mathjs@15.2.0",
    files: ["lib/esm/**/*.js"],
    integrity:
      "sha512-UAQzSVob9rNLdGpqcFMYmSu9dkuLYy7Lr2hBEQS5SHQdknA9VppJz3cy2KkpMzTODunad6V6cNv+5kOLsePLow==",
    tarballBytes: 1_715_036,
    licence: "Apache-2.0",
    loss: "code",
    weight: 5,
  },
  {
    name: "typescript-lib",
    npm: "typescript@6.0.3",
    files: ["lib/lib.*.d.ts"],
    integrity:
      "sha512-y2TvuxSZPDyQakkFRPZHKFm+KKVqIisdg9/CZwm9ftvKXLP8NRWj38/ODjNbr43SsoXqNuAisEf1GdCxqWcdBw==",
    tarballBytes: 4_515_854,
    licence: "Apache-2.0",
    loss: "code",
    weight: 4,
  },
  {
    name: "node-types",
    npm: "@types/node@20.19.43",
    files: ["**/*.d.ts"],
    integrity:
      "sha512-6oYBAi5ikg4Pl+kGsoYtawUMBT2zZMCvPNF7pVLnHZfd1zf38DRiWn/gT01RYCdUqkv7Fhr+C9ot4/tb+2sVvA==",
    tarballBytes: 417_691,
    licence: "MIT",
    loss: "code",
    weight: 4,
  },
  {
    name: "rxjs",
    npm: "rxjs@7.8.2",
    files: ["src/**/*.ts"],
    integrity:
      "sha512-dhKf903U/PQZY6boNNtAGdWbG85WAbjT/1xYoZIC7FAY0yWapOBQVsVrDl58W86//e1VpMNBtRV4MaXfdMySFA==",
    tarballBytes: 751_525,
    licence: "Apache-2.0",
    loss: "code",
    weight: 2,
  },
  {
    name: "lodash",
    npm: "lodash-es@4.17.21",
    files: ["*.js"],
    integrity:
      "sha512-mKnC+QJ9pWVzv+C4/U3rRsHapFfHvQFoFB92e52xeyGMcX6/OlIl78je1u8vePzYZSkkogMPJ2yjxxsb89cxyw==",
    tarballBytes: 152_699,
    licence: "MIT",
    loss: "code",
    weight: 1,
  },
  {
    name: "luxon-snapshot",
    npm: "luxon@3.7.2",
    files: ["src/**/*.js"],
    integrity:
      "sha512-vtEhXh/gNjI9Yg1u4jX/0YVPMvxzHuGgCm6tC5kZyb08yjGWGnqAjGJvcXbqQR2P3MyMEFnRbpcdFS6PBcLqew==",
    tarballBytes: 1_009_319,
    licence: "MIT",
    loss: "code",
    heldoutOnly: true,
  },
];
