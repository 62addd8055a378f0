import type { Attempt } from '@bellwire/client';
import type { Words } from '../../words/words.ts';

const BY_STATUS: Readonly<Record<number, keyof Words['advice']>> = {
  401: 'status_401',
  403: 'status_401',
  404: 'status_404',
  410: 'status_410',
  413: 'status_413',
  429: 'status_429',
};

const BY_CLASS: Readonly<Record<number, keyof Words['advice']>> = {
  3: 'status_3xx',
  4: 'status_4xx',
  5: 'status_5xx',
};

/** The key of the advice for a failed attempt; null if there is nothing to do. */
const adviceKey = ({ outcome, response }: Attempt): keyof Words['advice'] | null => {
  switch (outcome) {
    case 'succeeded':
      return null;
    case 'http_status': {
      const status = response?.status ?? 500;
      return BY_STATUS[status] ?? BY_CLASS[Math.floor(status / 100)] ?? 'status_4xx';
    }
    case 'timeout':
    case 'connection_failed':
    case 'tls_failed':
    case 'dns_failed':
    case 'address_blocked':
    case 'response_invalid':
    case 'interrupted':
      return outcome;
    default:
      return null;
  }
};

/** The advice on a failed attempt; null for a success. */
export const adviceOn = (words: Words, attempt: Attempt): string | null => {
  const key = adviceKey(attempt);
  return key === null ? null : words.advice[key];
};
