/** A test whose size comes from the environment. `pnpm test` runs a short form of it, `pnpm experiment <id>` the full one. */
export interface Experiment {
  /** The test mentions it: `pnpm experiment <id>`. */
  readonly id: string;
  /** The test file, from the root of the repository. */
  readonly file: string;
  /** The variables of the full form. A variable of the caller takes precedence. */
  readonly env: Readonly<Record<string, string>>;
  /** What it shows, in one line. */
  readonly shows: string;
  /** The rough duration of the full form, on two cores. */
  readonly takes: string;
}
