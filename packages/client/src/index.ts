export { BellwireError, type ErrorCode, type Issue } from './bellwire-error.ts';
export type { Catalog } from './catalog.ts';
export type { BatchResult, Client, ClientOptions, EventToSend, SendOptions } from './client.ts';
export { createClient } from './create-client.ts';
export type { Fetch, FetchResponse, FetchInit } from './exchange.ts';
export type { Listing } from './listing.ts';
export type { ToJsonSchema } from './push.ts';
export type { CallOptions, RetryOptions } from './retry.ts';
export type {
  ApiKey,
  Attempt,
  AuditEntry,
  CreatedHook,
  Delivery,
  DeliveryWithAttempts,
  EncryptionKeys,
  Event,
  EventReceipt,
  FilterPreview,
  ListedEvent,
  EventType,
  Hook,
  Page,
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
} from '@bellwire/server';
export type { StandardSchema } from './standard-schema.ts';
export type { OpenStreamEvent, StreamOptions } from './stream.ts';
export type { WatchFilter, WatchOptions } from './watch.ts';
