export { type Bellwire, type BellwireParts, createBellwire } from './create-bellwire.ts';
export {
  type Config,
  flagOf,
  readConfig,
  type SettingName,
  settingNames,
  settings,
  settingsTable,
  type SettingTexts,
  textsFromEnvironment,
  variableOf,
} from './config.ts';
export { BellwireError, coerceError, type ErrorCode, errorTable } from './core/errors.ts';
export { defineDialect } from './dialects/define-dialect.ts';
export type { Dialect } from './dialects/dialect.ts';
export { github, githubSha1 } from './dialects/github.ts';
export { listen, type Listening } from './http/listen.ts';
export type { AppRouter } from './rpc/router.ts';
export { VERSION } from './version.ts';
