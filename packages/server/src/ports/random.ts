export interface Random {
  /** `size` unpredictable bytes. */
  readonly bytes: (size: number) => Uint8Array;
  /** A number in [0, 1). Not for secrets. */
  readonly roll: () => number;
}
