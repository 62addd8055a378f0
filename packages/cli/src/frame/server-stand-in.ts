/**
 * The exports of `@bellwire/server`. Client commands read only an address and a key from `bellwire.config.ts`, so they
 * do not load the server, which takes half a second and a native module.
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
  'settingsFrom',
  'settingsTable',
  'textsFromEnvironment',
  'VERSION',
  'variableOf',
] as const;

// Every property, call and construction returns the proxy itself. It has no `then`: awaiting it would never end.
const SOURCE = `
const anything = new Proxy(function () {}, {
  get: (_, key) => (key === Symbol.toPrimitive ? () => '' : key === 'then' ? undefined : anything),
  apply: () => anything,
  construct: () => anything,
});
export { ${serverExports.map((name) => `anything as ${name}`).join(', ')} };
`;

/** A module with the export names of the server and no implementation. */
export const SERVER_STAND_IN = `data:text/javascript,${encodeURIComponent(SOURCE)}`;
