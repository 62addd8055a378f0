/** A digest of a text: equal only for equal texts. */
export type Hash = (text: string) => string;
