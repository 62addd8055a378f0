import type { SettingOrigin } from '../core/setting-origin.ts';

/** A setting of the server as people may see it. */
export interface ShownSetting {
  readonly name: string;
  /** The environment variable. */
  readonly variable: string;
  /** The flag of `bellwire serve`. */
  readonly flag: string;
  /** The value as text; null if it is unset, and always for a secret. */
  readonly value: string | null;
  readonly is_secret: boolean;
  readonly is_set: boolean;
  readonly origin: SettingOrigin;
  readonly about: string;
}

/** The database of this process, as it was at the start. */
export interface DatabaseFacts {
  readonly kind: 'SQLite' | 'PostgreSQL';
  /** The version of the library, or of the server. */
  readonly version: string;
  /** The names of the migrations that its tables have had, in order. */
  readonly migrations: readonly string[];
}

/** The constant facts about this process. */
export interface SystemFacts {
  readonly version: string;
  /** Differs for each process. */
  readonly node_id: string;
  readonly settings: readonly ShownSetting[];
  readonly database: DatabaseFacts;
}
