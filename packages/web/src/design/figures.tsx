import type { ReactNode } from 'react';
import './figures.css';

export interface Figure {
  readonly name: string;
  readonly value: ReactNode;
  /** What the value is about, in a few words. */
  readonly note?: ReactNode;
}

/** A few numbers that matter, side by side. */
export const Figures = ({
  label,
  figures,
}: {
  readonly label: string;
  readonly figures: readonly Figure[];
}) => (
  <dl className="figures" aria-label={label}>
    {figures.map(({ name, value, note }) => (
      <div key={name} className="figure">
        <dt>{name}</dt>
        <dd className="figure-value">{value}</dd>
        {note === undefined ? null : <dd className="figure-note">{note}</dd>}
      </div>
    ))}
  </dl>
);
