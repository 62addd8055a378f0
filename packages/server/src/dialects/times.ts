/** `2026-11-21T10:30:00.123Z` */
export const isoMilliseconds = (time: number): string => new Date(time).toISOString();

/** `2026-11-21T10:30:00Z` */
export const isoSeconds = (time: number): string => `${new Date(time).toISOString().slice(0, 19)}Z`;

/** `2026-11-21T10:30:00.123000`, as Python's `isoformat` writes a time without a zone. */
export const isoMicroseconds = (time: number): string => `${new Date(time).toISOString().slice(0, 23)}000`;

/** Whole seconds since 1970, as text. */
export const wholeSeconds = (time: number): string => String(Math.floor(time / 1000));
