import {
  IdentifierNode,
  type KyselyPlugin,
  OperationNodeTransformer,
  type QueryId,
  type SchemableIdentifierNode,
} from 'kysely';

const PREFIX = 'bellwire_';

class Transformer extends OperationNodeTransformer {
  readonly #schema: string;

  constructor(schema: string) {
    super();
    this.#schema = schema;
  }

  protected override transformSchemableIdentifier(
    node: SchemableIdentifierNode,
    queryId?: QueryId,
  ): SchemableIdentifierNode {
    const transformed = super.transformSchemableIdentifier(node, queryId);
    if (transformed.schema !== undefined || !node.identifier.name.startsWith(PREFIX)) return transformed;
    return { ...transformed, schema: IdentifierNode.create(this.#schema) };
  }
}

/**
 * Qualifies our tables with a schema, also in `sql.table()` of a raw statement, which Kysely's `withSchema` leaves as it
 * is. Names in the text of a raw statement are not qualified: use `sql.table()`.
 */
export const qualifiedTables = (schema: string): KyselyPlugin => {
  const transformer = new Transformer(schema);
  return {
    transformQuery: ({ node, queryId }) => transformer.transformNode(node, queryId),
    transformResult: ({ result }) => Promise.resolve(result),
  };
};
