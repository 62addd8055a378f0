import type { Issue } from './errors.ts';

/** Headers that control the transport, or that grant access to cloud metadata services. Customers never set them. */
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
/** Replaces a header's value wherever a hook is shown. */
export const HIDDEN_VALUE = '[secret]';
const MAX_HEADERS = 32;
const MAX_BYTES = 16_384;

const validateOne = (name: string, value: string): string | null => {
  const lower = name.toLowerCase();
  if (!NAME.test(name)) return 'is not a header name of at most 64 characters';
  if (RESERVED.has(lower) || RESERVED_PREFIXES.some((prefix) => lower.startsWith(prefix))) {
    return 'is set by Bellwire or by the network and cannot be a custom header';
  }
  // A client that sends back a hook as it was shown would overwrite the real value with the placeholder.
  if (value === HIDDEN_VALUE) return `has the placeholder ${HIDDEN_VALUE} as its value. Give the real value`;
  if (!VALUE.test(value)) return 'has a value that is not visible ASCII of at most 4096 characters';
  return null;
};

/**
 * The problems with a hook's custom headers; empty when they are valid. `taken` are the header names of the hook's
 * dialect: a custom header that replaced or doubled a signature would make receivers reject every request.
 */
export const validateCustomHeaders = (
  headers: Readonly<Record<string, string>>,
  taken: readonly string[],
): readonly Issue[] => {
  const entries = Object.entries(headers);
  const issues: Issue[] = [];
  const takenNames = new Set(taken.map((name) => name.toLowerCase()));
  const seen = new Set<string>();
  let bytes = 0;
  for (const [name, value] of entries) {
    bytes += name.length + value.length;
    const lower = name.toLowerCase();
    const message = takenNames.has(lower)
      ? "is set by the hook's dialect and cannot be a custom header"
      : seen.has(lower)
        ? 'is given twice'
        : validateOne(name, value);
    seen.add(lower);
    if (message !== null) issues.push({ path: `headers.${name}`, message });
  }
  if (entries.length > MAX_HEADERS)
    issues.push({ path: 'headers', message: `has more than ${MAX_HEADERS} headers` });
  if (bytes > MAX_BYTES) issues.push({ path: 'headers', message: `is larger than ${MAX_BYTES} bytes` });
  return issues;
};
