/** A digest of a text, equal for equal texts only. */
export type Hash = (text: string) => string;
