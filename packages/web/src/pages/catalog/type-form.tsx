import type { EventType } from '@bellwire/client';
import { issueAt } from '../../data/errors.tsx';
import { issuesAt } from '../../data/issues.ts';
import { indented, type JsonRecord, parseObject } from '../../data/json-object.ts';
import { Field } from '../../design/field.tsx';
import { JsonField } from '../../design/json-field.tsx';

/** An event type as it is typed. An empty text stands for none. */
export interface TypeDraft {
  readonly description: string;
  readonly schema: string;
  readonly example: string;
  readonly previous_example: string;
}

export const EMPTY_DRAFT: TypeDraft = { description: '', schema: '', example: '', previous_example: '' };

const textOf = (value: object | null): string => (value === null ? '' : indented(value));

export const draftOf = (type: EventType): TypeDraft => ({
  description: type.description,
  schema: textOf(type.schema),
  example: textOf(type.example),
  previous_example: textOf(type.previous_example),
});

const JSON_FIELDS = ['schema', 'example', 'previous_example'] as const;

const problemOf = (text: string): string | undefined => {
  if (text.trim() === '') return undefined;
  const parsed = parseObject(text);
  return parsed.ok ? undefined : parsed.problem;
};

/** Whether every JSON text can be read. */
export const isReadable = (draft: TypeDraft): boolean =>
  JSON_FIELDS.every((name) => problemOf(draft[name]) === undefined);

/** The value of a JSON text; null for an empty one, or one that cannot be read. */
export const valueOf = (text: string): JsonRecord | null => {
  const parsed = parseObject(text);
  return parsed.ok ? parsed.value : null;
};

interface TypeFieldsProps {
  readonly draft: TypeDraft;
  readonly change: (changes: Partial<TypeDraft>) => void;
  readonly error: unknown;
}

/** The fields of an event type, each with its problems. */
export const TypeFields = ({ draft, change, error }: TypeFieldsProps) => (
  <>
    <Field
      label="Description"
      hint="When events of this type are sent. Your customers read it."
      error={issueAt(error, 'description')}
    >
      {(ids) => (
        <input
          {...ids}
          className="input"
          maxLength={2000}
          value={draft.description}
          onChange={(event) => change({ description: event.currentTarget.value })}
        />
      )}
    </Field>
    <JsonField
      label="JSON Schema"
      rows={16}
      hint="Draft 2020-12. The data of every event of this type must match. Empty accepts any data."
      text={draft.schema}
      onChange={(schema) => change({ schema })}
      problem={problemOf(draft.schema)}
      issues={issuesAt(error, 'schema')}
    />
    <JsonField
      label="Example"
      rows={8}
      hint="The data of test events; it must match the schema. Empty: generated from the schema."
      text={draft.example}
      onChange={(example) => change({ example })}
      problem={problemOf(draft.example)}
      issues={issuesAt(error, 'example')}
    />
    <JsonField
      label="Example of the data before the change"
      rows={4}
      hint="For types that report a change: the previous data of test events. Usually empty."
      text={draft.previous_example}
      onChange={(previous_example) => change({ previous_example })}
      problem={problemOf(draft.previous_example)}
      issues={issuesAt(error, 'previous_example')}
    />
  </>
);
