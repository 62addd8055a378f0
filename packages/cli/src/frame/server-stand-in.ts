/**
 * What `@bellwire/server` exports. Client commands read `bellwire.config.ts` for an address and a key; the server
 * itself, which takes half a second and a native module, is not loaded for that.
 */
export const serverExports = [
  'BellwireError',
  'coerceError',
  'createBellwire',
  'defineDialect',
  'errorTable',
  'flagOf',
  'github',
  'githubSha1',
  'listen',
  'readConfig',
  'settingNames',
  'settings',
  'settingsTable',
  'textsFromEnvironment',
  'VERSION',
  'variableOf',
] as const;

// A thing that answers itself to whatever is asked of it, except that it cannot be awaited: that would take for ever.
const SOURCE = `
const anything = new Proxy(function () {}, {
  get: (_, key) => (key === Symbol.toPrimitive ? () => '' : key === 'then' ? undefined : anything),
  apply: () => anything,
  construct: () => anything,
});
export { ${serverExports.map((name) => `anything as ${name}`).join(', ')} };
`;

/** A module with the names of the server's, and nothing behind them. */
export const SERVER_STAND_IN = `data:text/javascript,${encodeURIComponent(SOURCE)}`;
