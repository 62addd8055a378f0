import type { Issue } from './errors.ts';

/** Headers that say how the request travels, or that open doors inside a network: never a customer's to set. */
const RESERVED = new Set([
  'accept-encoding',
  'connection',
  'content-encoding',
  'content-language',
  'content-length',
  'content-location',
  'content-type',
  'date',
  'expect',
  'host',
  'keep-alive',
  'metadata',
  'metadata-flavor',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'trailers',
  'transfer-encoding',
  'upgrade',
  'user-agent',
  'via',
]);

const RESERVED_PREFIXES = [
  'webhook-',
  'svix-',
  'x-amz-',
  'x-amzn-',
  'x-aws-',
  'x-azure-',
  'x-fd-',
  'x-gfe',
  'x-goog-',
  'x-google',
  'x-ms-',
  'x-metadata-',
];

// RFC 9110, 5.6.2: a token.
const NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/;
const VALUE = /^[\x20-\x7e\t]{0,4096}$/;
/** What stands in the place of a value wherever a hook is shown. */
export const HIDDEN_VALUE = '[secret]';
const MOST_HEADERS = 32;
const MOST_BYTES = 16_384;

const refuseOne = (name: string, value: string): string | null => {
  const lower = name.toLowerCase();
  if (!NAME.test(name)) return 'is not a header name of at most 64 characters';
  if (RESERVED.has(lower) || RESERVED_PREFIXES.some((prefix) => lower.startsWith(prefix))) {
    return 'is set by Bellwire or by the network and cannot be a custom header';
  }
  // Whoever sends back what they were shown would lose the value without noticing.
  if (value === HIDDEN_VALUE)
    return `has the value ${HIDDEN_VALUE}, which only stands for one that is not shown. Give the real one`;
  if (!VALUE.test(value)) return 'has a value that is not visible ASCII of at most 4096 characters';
  return null;
};

/**
 * What is wrong with a hook's custom headers; empty when nothing is. `taken` are the names that the hook's dialect
 * sends: a custom one beside or instead of a signature would make receivers refuse everything.
 */
export const validateCustomHeaders = (
  headers: Readonly<Record<string, string>>,
  taken: readonly string[],
): readonly Issue[] => {
  const entries = Object.entries(headers);
  const issues: Issue[] = [];
  const own = new Set(taken.map((name) => name.toLowerCase()));
  const seen = new Set<string>();
  let bytes = 0;
  for (const [name, value] of entries) {
    bytes += name.length + value.length;
    const lower = name.toLowerCase();
    const doubled = own.has(lower)
      ? 'is a header of the dialect itself'
      : seen.has(lower)
        ? 'is there twice'
        : null;
    const refusal = doubled ?? refuseOne(name, value);
    seen.add(lower);
    if (refusal !== null) issues.push({ path: `headers.${name}`, message: refusal });
  }
  if (entries.length > MOST_HEADERS)
    issues.push({ path: 'headers', message: `has more than ${MOST_HEADERS} names` });
  if (bytes > MOST_BYTES) issues.push({ path: 'headers', message: `is larger than ${MOST_BYTES} bytes` });
  return issues;
};
