import type { Attempt } from '@bellwire/client';

/** Text for a POSIX shell, in single quotes. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** Headers that curl sets by itself. */
const AUTOMATIC = new Set(['host', 'connection', 'content-length', 'transfer-encoding']);

/** The request as a command. Secret values are not known here: they stay `[secret]`. */
export const toCurl = (request: NonNullable<Attempt['request']>): string =>
  [
    `curl -i -X ${request.method} ${quoted(request.url)}`,
    ...Object.entries(request.headers)
      .filter(([name]) => !AUTOMATIC.has(name.toLowerCase()))
      .map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`),
    ...(request.body === null || request.body === '' ? [] : [`--data-binary ${quoted(request.body)}`]),
  ].join(' \\\n  ');
