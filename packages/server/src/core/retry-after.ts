import { RETRY_AFTER_MAX_MS } from './retry-schedule.ts';

const SECONDS = /^\d{1,10}$/;
const TIME = String.raw`\d{2}:\d{2}:\d{2}`;
/** The three forms of an HTTP date (RFC 9110, 5.6.7). The asctime form names no zone but is GMT too. */
const WITH_ZONE = new RegExp(
  String.raw`^[A-Z][a-z]{2,8}, \d{1,2}[ -][A-Z][a-z]{2}[ -](\d{2}){1,2} ${TIME} GMT$`,
);
const ASCTIME = new RegExp(String.raw`^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d ${TIME} \d{4}$`);

/** Date.parse alone accepts far more than HTTP dates ("Try again in 2099"), some of it in the server's time zone. */
const parseHttpDate = (text: string): number => {
  if (ASCTIME.test(text)) return Date.parse(`${text} GMT`);
  return WITH_ZONE.test(text) ? Date.parse(text) : Number.NaN;
};

/**
 * The wait that a `Retry-After` header requests (RFC 9110, 10.2.3), in milliseconds from `now`, at most a day. Null if
 * there is no header, or if it is neither whole seconds nor an HTTP date.
 */
export const parseRetryAfter = (header: string | undefined, now: number): number | null => {
  if (header === undefined || header.length > 64) return null;
  const text = header.trim();
  const wait = SECONDS.test(text) ? Number(text) * 1000 : parseHttpDate(text) - now;
  return Number.isNaN(wait) ? null : Math.min(Math.max(wait, 0), RETRY_AFTER_MAX_MS);
};
