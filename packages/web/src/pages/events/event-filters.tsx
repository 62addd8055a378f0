import { useLocation } from 'wouter';
import type { Filters } from '../../data/address.ts';
import { Chip, SearchBox, SelectFilter } from '../../design/filter.tsx';
import { useEventTypes } from '../deliveries/event-types.ts';
import { useTenantNames } from '../tenants/use-tenant-names.ts';
import { searchOf } from './query.ts';

interface EventFiltersProps {
  readonly filters: Filters;
  readonly change: (changes: Readonly<Record<string, string | null>>) => void;
}

const CHIPS = [
  ['idempotency_key', 'Idempotency key'],
  ['wire_id', 'Id at the receiver'],
  ['metadata', 'Metadata'],
] as const;

/** The filters of the events; their values are in the address. */
export const EventFilters = ({ filters, change }: EventFiltersProps) => {
  const [, navigate] = useLocation();
  const types = useEventTypes();
  const tenants = useTenantNames();
  const search = (text: string): void => {
    const found = searchOf(text);
    if ('event_id' in found) navigate(`/events/${found.event_id}`);
    else change(found.filters);
  };
  return (
    <div className="filters">
      <SearchBox label="Id, idempotency key or key=value" onSearch={search} />
      <SelectFilter
        label="Event"
        value={filters['type']}
        options={types.map((name) => [name, name])}
        onChange={(type) => change({ type })}
      />
      <SelectFilter
        label="Tenant"
        value={filters['tenant']}
        options={tenants.map((name) => [name, name])}
        onChange={(tenant) => change({ tenant })}
      />
      {CHIPS.map(([name, label]) => {
        const value = filters[name];
        return value === undefined ? null : (
          <Chip key={name} label={label} value={value} onClear={() => change({ [name]: null })} />
        );
      })}
    </div>
  );
};
