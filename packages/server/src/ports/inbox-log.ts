/** Lines of text that outlive the process, for the built-in receiver. They are a convenience: losing some is acceptable. */
export interface InboxLog {
  /** The lines of earlier processes, the oldest first. */
  readonly lines: readonly string[];
  /** Adds a line in the background. Never throws. */
  readonly append: (line: string) => void;
  /** Replaces all lines in the background. Never throws. */
  readonly replace: (lines: readonly string[]) => void;
  /** Resolves when everything is written. */
  readonly close: () => Promise<void>;
}
