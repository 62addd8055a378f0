import type { ErrorObject } from 'ajv/dist/2020.js';
import type { Issue } from '../core/errors.ts';

const MAX_CHARACTERS = 200;

const cut = (text: string): string =>
  text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}…` : text;

/** `/order/items/0/a~1b` → `order.items.0.a/b` */
export const dotted = (pointer: string): string =>
  pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    .join('.');

const messageOf = ({ keyword, params, message }: ErrorObject): string => {
  switch (keyword) {
    case 'additionalProperties':
      return `must not have the property "${params['additionalProperty']}"`;
    case 'unevaluatedProperties':
      return `must not have the property "${params['unevaluatedProperty']}"`;
    case 'required':
      return `must have the property "${params['missingProperty']}"`;
    case 'propertyNames':
      return `must not have a property with the name "${params['propertyName']}"`;
    case 'const':
      return `must be ${JSON.stringify(params['allowedValue'])}`;
    case 'enum':
      return `must be one of ${JSON.stringify(params['allowedValues']).slice(1, -1)}`;
    case 'not':
      return 'must not be what the schema excludes with "not"';
    case 'false schema':
      return 'must not be present';
    default:
      return message ?? `does not satisfy "${keyword}"`;
  }
};

/** Ajv's error in an event's data as an issue for people. Path and message are cut at 200 characters. */
export const toIssue = (error: ErrorObject): Issue => ({
  path: cut(error.instancePath === '' ? 'data' : `data.${dotted(error.instancePath)}`),
  message: cut(messageOf(error)),
});
