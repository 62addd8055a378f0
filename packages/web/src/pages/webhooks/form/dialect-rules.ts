import type { DialectName } from '@bellwire/client/verify';

/** The rules of a dialect that the form shows. The server checks all of them. */
export interface DialectRules {
  /** Whether it can have no secret. */
  readonly unsigned: boolean;
  /** Whether the method and the content type are free. */
  readonly any_request: boolean;
  readonly https_only: boolean;
}

const rules = (own: Partial<DialectRules> = {}): DialectRules => ({
  unsigned: true,
  any_request: false,
  https_only: false,
  ...own,
});

const RULES: Readonly<Record<DialectName, DialectRules>> = {
  standard: rules({ unsigned: false, any_request: true }),
  svix: rules({ unsigned: false }),
  github: rules({ any_request: true }),
  stripe: rules(),
  shopify: rules(),
  slack: rules(),
  q2: rules(),
  'resource-api': rules(),
  connect2print: rules({ unsigned: false, https_only: true }),
  activities: rules({ any_request: true }),
  casesolved: rules(),
};

export const dialectNames: readonly string[] = Object.keys(RULES);

/** Of a dialect from the configuration, nothing is known, so everything is offered. */
export const rulesOf = (dialect: string): DialectRules =>
  Object.hasOwn(RULES, dialect) ? RULES[dialect as DialectName] : rules({ any_request: true });
