import { visibleText } from '../../design/visible-text.ts';
import type { Schema } from './schema-node.ts';
import { rowsOfSchema } from './schema-rows.ts';
import '../../design/table.css';
import './schema-table.css';

/** The properties of a schema as a table. */
export const SchemaTable = ({ schema }: { readonly schema: Schema | null }) => {
  if (schema === null)
    return (
      <p className="quiet">Without a schema, every JSON object is accepted. Edit the type to add one.</p>
    );
  const rows = rowsOfSchema(schema);
  if (rows.length === 0) return <p className="quiet">The schema lists no properties: see the JSON Schema.</p>;
  return (
    <table className="table schema-table">
      <thead>
        <tr>
          <th scope="col">Property</th>
          <th scope="col">Type</th>
          <th scope="col">About</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ path, depth, type, required, description, rules }, index) => (
          // The same path can occur twice below different choices.
          // oxlint-disable-next-line react/no-array-index-key
          <tr key={`${index} ${path}`}>
            <th scope="row" className="mono break" style={{ paddingLeft: `${depth}rem` }}>
              {visibleText(path.slice(path.lastIndexOf('.') + 1))}
            </th>
            <td>
              {type}
              <span className="quiet"> {required ? 'required' : 'optional'}</span>
            </td>
            <td className="break">
              {visibleText(description)}{' '}
              {rules.length === 0 ? null : <span className="quiet">{visibleText(rules.join(', '))}</span>}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
};
