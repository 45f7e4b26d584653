import { parquetWriteBuffer } from "hyparquet-writer";
import type { SampleColumn } from "./samples-table.ts";

const types = { text: "STRING", whole: "INT32", number: "DOUBLE" } as const;

/** A run's samples as a Parquet file: texts, 32-bit integers and doubles, all but the id nullable. */
export function samplesParquet(columns: readonly SampleColumn[]): Uint8Array {
  const columnData = columns.map(({ name, type, values }) => ({
    ...{ name, type: types[type], nullable: name !== "id" },
    data: [...values],
  }));
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}
