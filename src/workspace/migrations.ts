import type { ColumnDefinitionBuilder, Kysely } from "kysely";

/**
 * The steps that bring a database to this version's schema, in order; never changed once released,
 * only added to. Numbers are `double precision`, exact to 2^53 in SQLite and PostgreSQL alike (a
 * PostgreSQL `bigint` would come back as text), times are ISO 8601 text, JSON is text.
 */
// biome-ignore lint/suspicious/noExplicitAny: a migration must not depend on today's row types
export const migrations: readonly ((database: Kysely<any>) => Promise<void>)[] = [
  createRunsAndLedger,
];

const RUN_NUMBERS = [
  "parameters_total",
  "parameters_embedding",
  "parameters_head",
  "parameters_non_embedding",
  "tokens_unique",
  "tokens_seen",
  "flops",
  "flops6nd",
  "seq_len",
  "vocab_size",
  "batch_size",
  "steps",
  "learning_rate",
  "final_learning_rate_fraction",
  "seed",
  "seconds",
];
const RUN_OPTIONAL_NUMBERS = ["depth", "loss_nats", "loss_standard_error", "bits_per_byte"];
const RUN_TEXTS = [
  "name",
  "kind",
  "recipe_hash",
  "data_hash",
  "eval_hash",
  "code_version",
  "schedule",
  "optimizer",
  "losses",
  "status",
  "device",
  "started_at",
];

// biome-ignore lint/suspicious/noExplicitAny: a migration must not depend on today's row types
async function createRunsAndLedger(database: Kysely<any>): Promise<void> {
  const required = (column: ColumnDefinitionBuilder) => column.notNull();
  let run = database.schema.createTable("run").addColumn("id", "text", (id) => id.primaryKey());
  for (const name of RUN_TEXTS) run = run.addColumn(name, "text", required);
  for (const name of RUN_NUMBERS) run = run.addColumn(name, "double precision", required);
  for (const name of RUN_OPTIONAL_NUMBERS) run = run.addColumn(name, "double precision");
  await run.addColumn("ended_at", "text").execute();
  await database.schema
    .createTable("ledger")
    .addColumn("index", "integer", (index) => index.primaryKey())
    .addColumn("previous_hash", "text", required)
    .addColumn("hash", "text", (hash) => hash.notNull().unique())
    .addColumn("kind", "text", required)
    .addColumn("time", "text", required)
    .addColumn("payload", "text", required)
    .execute();
}
