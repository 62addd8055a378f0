import './segments.css';

interface SegmentsProps {
  readonly label: string;
  readonly options: readonly (readonly [value: string, name: string])[];
  readonly selected: string;
  readonly onSelect: (value: string) => void;
}

/** A choice of few options, all of them visible. */
export const Segments = ({ label, options, selected, onSelect }: SegmentsProps) => (
  <div className="segments" role="group" aria-label={label}>
    {options.map(([value, name]) => (
      <button
        key={value}
        type="button"
        className="segment"
        aria-pressed={value === selected}
        onClick={() => onSelect(value)}
      >
        {name}
      </button>
    ))}
  </div>
);
