/** A value in a filter. */
export type Scalar = string | number | boolean | null;

export const roots = ['data', 'previous_data', 'type', 'tenant', 'metadata'] as const;

/** A field of an event: names and indexes of arrays, from its data or another root. */
export interface Field {
  readonly root: (typeof roots)[number];
  readonly path: readonly (string | number)[];
  /** As written. */
  readonly text: string;
}

export const comparisons = ['==', '!=', '<=', '>=', '<', '>'] as const;
export type Comparison = (typeof comparisons)[number];

export const textTests = ['contains', 'starts_with', 'ends_with'] as const;

/** A parsed filter. */
export type Expression =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Expression[] }
  | { readonly kind: 'not'; readonly of: Expression }
  | { readonly kind: 'exists'; readonly field: Field }
  | { readonly kind: 'in'; readonly field: Field; readonly values: readonly Scalar[] }
  | { readonly kind: 'contains'; readonly field: Field; readonly value: Scalar }
  | { readonly kind: 'starts_with' | 'ends_with'; readonly field: Field; readonly value: string }
  | {
      readonly kind: 'compare';
      readonly operator: Comparison;
      readonly field: Field;
      readonly value: { readonly literal: Scalar } | { readonly field: Field };
    };

/** Why a text is not a filter. */
export interface FilterProblem {
  readonly message: string;
  /** Where in the text, from 0, in UTF-16 code units; null for the whole text. */
  readonly at: number | null;
}

/** The fields that an expression reads, in the order of the text. */
export const fieldsOf = (expression: Expression): readonly Field[] => {
  switch (expression.kind) {
    case 'and':
    case 'or':
      return expression.parts.flatMap(fieldsOf);
    case 'not':
      return fieldsOf(expression.of);
    case 'compare':
      return 'field' in expression.value ? [expression.field, expression.value.field] : [expression.field];
    case 'exists':
    case 'in':
    case 'contains':
    case 'starts_with':
    case 'ends_with':
      return [expression.field];
  }
};
