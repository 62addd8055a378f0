/** A file of the page with its compressed copies, as the build wrote them. */
export interface ConsoleFile {
  readonly type: string;
  readonly etag: string;
  readonly raw: Uint8Array<ArrayBuffer>;
  readonly br: Uint8Array<ArrayBuffer> | null;
  readonly gz: Uint8Array<ArrayBuffer> | null;
}

/** The built console. */
export interface ConsoleFiles {
  /** The page itself; null while it has not been built. Called for each visit: it notices a new build. */
  readonly index: () => ConsoleFile | null;
  /** A script, style or font of the page, by its path; null if there is none. */
  readonly get: (path: string) => ConsoleFile | null;
}
