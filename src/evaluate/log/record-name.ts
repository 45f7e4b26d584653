import type { SampleRecord } from "./sample-record.ts";

/** What tells a record from all others of its log: the sample's id, and which time it was asked. */
export function recordName({ id, epoch }: Pick<SampleRecord, "id" | "epoch">): string {
  return epoch === undefined ? id : `${id}#${epoch}`;
}
