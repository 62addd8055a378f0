import type { ReactNode } from 'react';
import './facts.css';

/** Names and values, one pair a line. */
export const Facts = ({
  facts,
}: {
  readonly facts: readonly (readonly [name: string, value: ReactNode])[];
}) => (
  <dl className="facts">
    {facts.map(([name, value]) => (
      <div key={name} className="fact">
        <dt className="break">{name}</dt>
        <dd className="break">{value}</dd>
      </div>
    ))}
  </dl>
);
