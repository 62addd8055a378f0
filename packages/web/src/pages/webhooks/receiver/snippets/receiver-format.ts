/** The parts of a hook's requests that the code of a receiver names. */
export interface ReceiverFormat {
  readonly dialect: string;
  readonly scheme: 'standard' | 'stripe' | 'slack' | 'base64' | 'hex' | 'sha256=hex' | 'plain';
  /** Header names. */
  readonly signature: string;
  readonly timestamp: string;
  readonly id: string;
  readonly method: string;
  /** Whether the JSON arrives in the field `payload` of a form. */
  readonly is_form: boolean;
}

/** The lines with the same indentation. */
export const indented = (lines: readonly string[], indent: string): string =>
  lines.map((line) => (line === '' ? '' : indent + line)).join('\n');
