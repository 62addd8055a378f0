import { Facts } from './facts.tsx';
import { visibleText } from './visible-text.ts';

interface HeadersProps {
  readonly label: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** HTTP headers as text. */
export const Headers = ({ label, headers }: HeadersProps) => (
  <section className="stack" aria-label={label}>
    <h3>{label}</h3>
    <Facts
      facts={Object.entries(headers).map(([name, value]) => [
        visibleText(name),
        <span key={name} className="mono">
          {visibleText(value)}
        </span>,
      ])}
    />
  </section>
);
