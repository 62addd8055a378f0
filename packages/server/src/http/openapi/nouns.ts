/** The tags of the document, in reading order. */
export const NOUNS: Readonly<Record<string, string>> = {
  events:
    'Facts to send. An event is accepted once and delivered to every hook that is subscribed to its type.',
  hooks: 'Registered receivers: URL, subscribed event types and wire format.',
  deliveries: 'One event for one hook, with every attempt: the request, the response and the next step.',
  recoveries: 'Stored jobs that send many deliveries again, or cancel them, with progress.',
  erasures: 'Stored jobs that delete everything of a tenant or a workspace.',
  eventTypes: 'The catalog of a workspace: event type names, JSON Schemas and examples.',
  tenants: 'Your customers, by your own ids. A tenant exists from its first hook or event on.',
  workspaces:
    'Isolated environments, such as one for each product. `ws_default` always exists and is the default.',
  apiKeys: 'Keys for calling this API.',
  stats: 'Counted attempts of the workspace, with their latency and the backlog.',
  stream: 'Changes as they happen, as server-sent events.',
  signatures: 'Explanations of signatures: why a request verifies or does not.',
  audit: 'A log of every change.',
  system: 'The state and the settings of the server, for its operators.',
  process: 'The state of the server. No API key required.',
};

/** `hooks` for `hooks.create`. */
export const nounOf = (name: string): string => name.slice(0, name.indexOf('.'));
