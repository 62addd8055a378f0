/** One line of results: numbers by the name of their column, such as `events/s`. */
export interface Row {
  readonly label: string;
  readonly values: Readonly<Record<string, number>>;
}

export interface ScenarioOptions {
  /** A temporary folder of its own, for database files. */
  readonly folder: string;
  /** Events at the peak; other scenarios derive their sizes from it. */
  readonly events: number;
  /** Whether tables and hooks have their full size: a million rows, 10,000 hooks. */
  readonly full: boolean;
  readonly say: (line: string) => void;
}

/** What can be measured by itself: `pnpm bench <id>`. */
export interface Scenario {
  readonly id: string;
  /** What it measures, in one sentence. */
  readonly about: string;
  /** Rows in the order of their measurement; none if the scenario was skipped, which it says. */
  readonly run: (options: ScenarioOptions) => Promise<readonly Row[]>;
}
