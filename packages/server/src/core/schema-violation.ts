import { BellwireError, type Issue, listIssues } from './errors.ts';

const listed = (issues: readonly Issue[]): string =>
  listIssues(issues, ({ path, message }) => `${path} ${message}`);

/** The error for event data that does not match the schema of its type. */
export const dataViolation = (type: string, issues: readonly Issue[]): BellwireError =>
  new BellwireError('schema_violation', `The data does not match the schema of ${type}: ${listed(issues)}.`, {
    issues,
  });

/** The same for an example of the type. `field` replaces `data` in the paths of the issues. */
export const exampleViolation = (
  type: string,
  field: 'example' | 'previous_example',
  issues: readonly Issue[],
): BellwireError => {
  const ofField = issues.map(({ path, message }) => ({ path: path.replace(/^data\b/, field), message }));
  return new BellwireError(
    'schema_violation',
    `The ${field} of ${type} does not match its schema: ${listed(ofField)}. Correct the example or the schema.`,
    { issues: ofField },
  );
};
