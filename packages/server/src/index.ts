export { type Bellwire, type BellwireParts, createBellwire } from './create-bellwire.ts';
export {
  type Config,
  flagOf,
  readConfig,
  type SettingName,
  settingNames,
  settings,
  settingsFrom,
  settingsTable,
  type SettingTexts,
  textsFromEnvironment,
  variableOf,
} from './config.ts';
export { BellwireError, coerceError, type ErrorCode, errorTable, type Issue } from './core/errors.ts';
export { defineDialect } from './dialects/define-dialect.ts';
export type { Dialect } from './dialects/dialect.ts';
export { github, githubSha1 } from './dialects/github.ts';
export type { Listening } from './http/listen.ts';
export { listen } from './listen.ts';
export type { Listing } from './rpc/listing.ts';
export type { Page } from './rpc/listing.ts';
export type { AppRouter } from './rpc/router.ts';
export type {
  ApiKey,
  Attempt,
  AuditEntry,
  BatchResult,
  CreatedHook,
  Delivery,
  DeliveryWithAttempts,
  Event,
  EventReceipt,
  FilterPreview,
  ListedEvent,
  EventToSend,
  EncryptionKeys,
  EventType,
  FieldsOf,
  Hook,
  IdFields,
  IdOf,
  InputOf,
  Noun,
  OutputOf,
  SendOptions,
  Takes,
  TypeOf,
  Verb,
  Verbs,
  SendResult,
  Erasure,
  Recovery,
  SignatureExplanation,
  Stats,
  StreamEvent,
  System,
  Tenant,
  Warning,
  Workspace,
} from './rpc/verbs.ts';
export { VERSION } from './version.ts';
