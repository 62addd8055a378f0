/** Thrown in a transaction that has read something which is not current anymore: it must run again. */
export class AlreadyChanged extends Error {
  override readonly name = 'AlreadyChanged';
}
