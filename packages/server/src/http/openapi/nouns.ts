/** What the operations are about, in the order in which they are read. */
export const NOUNS: Readonly<Record<string, string>> = {
  events:
    'Facts to be sent. An event is accepted once and goes to every hook that is subscribed to its type.',
  hooks: 'Registrations: where events go, which ones, and how they look there.',
  deliveries:
    'One event for one hook each, with every attempt: what was sent, what came back, what happens next.',
  eventTypes: 'The catalog of a workspace: names, JSON Schemas and examples.',
  workspaces: 'Tenants. `ws_default` exists from the start, so whoever has one need not name it.',
  apiKeys: 'Who may call.',
  audit: 'Who did what to secrets.',
  process: 'The state of the server itself. Needs no API key.',
};

/** The noun of `hooks.create`. */
export const nounOf = (name: string): string => name.slice(0, name.indexOf('.'));
