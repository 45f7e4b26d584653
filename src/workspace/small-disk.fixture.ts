import { execFileSync } from "node:child_process";

/** Why a test that needs {@link mountDisk} was left out. */
export const NO_DISK = "a small disk can be mounted only by root on Linux";

/**
 * Puts a disk in memory over a folder, for tests of full and read-only disks.
 *
 * @param options - of tmpfs: `size=256k`, `ro`
 * @returns what takes it away again, or undefined where this user cannot mount
 */
export function mountDisk(folder: string, options: string): (() => void) | undefined {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", folder], { stdio: "ignore" });
  } catch {
    return undefined;
  }
  // Lazy: libsql closes a database's files only when its statements are collected.
  return () => execFileSync("umount", ["--lazy", folder]);
}
