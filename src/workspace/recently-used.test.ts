import { expect, test } from "vitest";
import { RecentlyUsed } from "./recently-used.ts";

test("what was used last stays, what was not makes room", async () => {
  const made: string[] = [];
  const kept = new RecentlyUsed<string, string>(10);
  const get = (key: string, bytes = 4) =>
    kept.get(key, bytes, async () => {
      made.push(key);
      return key.toUpperCase();
    });
  expect([await get("a"), await get("b"), await get("a")]).toEqual(["A", "B", "A"]);
  await get("c"); // b goes
  expect([await get("a"), await get("c"), await get("b")]).toEqual(["A", "C", "B"]);
  expect(made).toEqual(["a", "b", "c", "b"]);
  await get("large", 100); // stays alone
  await get("large", 100);
  await get("b");
  expect(made.slice(4)).toEqual(["large", "b"]);
});

test("a failure is not kept, and leaves no trace in the count of bytes", async () => {
  const kept = new RecentlyUsed<string, number>(10);
  const failing = () => kept.get("x", 8, () => Promise.reject(new Error("no")));
  await expect(failing()).rejects.toThrow("no");
  await expect(failing()).rejects.toThrow("no");
  let made = 0;
  const get = (key: string) => kept.get(key, 5, async () => ++made);
  await get("a");
  await get("b");
  expect(await get("a")).toBe(1);
  expect(await kept.get("x", 8, async () => 7)).toBe(7);
});
