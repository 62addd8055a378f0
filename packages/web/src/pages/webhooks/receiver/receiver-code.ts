import type { Hook } from '@bellwire/client';
import { isDialectName, receiverDialects } from '@bellwire/client/verify';
import { goReceiver } from './snippets/go.ts';
import { nodeReceiver } from './snippets/node.ts';
import { phpReceiver } from './snippets/php.ts';
import { pythonReceiver } from './snippets/python.ts';
import type { ReceiverFormat } from './snippets/receiver-format.ts';

/** The receivers by language. */
export const receivers = {
  node: { name: 'Node', write: nodeReceiver },
  python: { name: 'Python', write: pythonReceiver },
  php: { name: 'PHP', write: phpReceiver },
  go: { name: 'Go', write: goReceiver },
} as const satisfies Record<string, { name: string; write: (format: ReceiverFormat) => string }>;

export type Language = keyof typeof receivers;

export const isLanguage = (text: string): text is Language => Object.hasOwn(receivers, text);

/** The format of a hook's requests; null for a dialect from the configuration. */
export const formatOf = ({
  dialect,
  method,
  content_type,
}: Pick<Hook, 'dialect' | 'method' | 'content_type'>): ReceiverFormat | null => {
  if (!isDialectName(dialect)) return null;
  const { scheme, signature, timestamp, id } = receiverDialects[dialect];
  return {
    dialect,
    scheme,
    signature,
    timestamp: timestamp ?? '',
    id: 'header' in id ? id.header : '',
    method,
    is_form: content_type !== 'application/json',
  };
};

/** The command that creates a receiver; those for Node and Python have a template. */
export const scaffoldCommand = (dialect: string, language: Language): string =>
  `pnpm create bellwire my-receiver --template ${language === 'python' ? 'flask' : 'express'} --dialect ${dialect} --yes`;
