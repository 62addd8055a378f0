import { servesTenant } from '../core/fan-out.ts';
import { compileFilter, type Filter, type FilterVerdict } from '../core/filter/compile-filter.ts';
import { isSubscribed } from '../core/hook.ts';
import type { JsonObject } from '../core/json.ts';
import type { StoredJson } from '../core/stored-json.ts';
import type { Events, EventSummary } from '../ports/events.ts';
import type { CheckedFilter, CheckFilter, FilterFindings } from './check-filter.ts';

/** The newest events among which matching types are searched. */
const SEARCHED_MAX = 2_000;
const PAGE = 500;
/** Characters of payloads that one call reads. */
const CHARACTERS_MAX = 4 * 1_048_576;

export interface TriedFilter extends CheckedFilter {
  readonly workspace_id: string;
  /** As of a hook. */
  readonly tenant: string | null;
  /** Maximum number of events. */
  readonly limit: number;
}

export interface TriedEvent {
  readonly event: EventSummary;
  readonly verdict: FilterVerdict;
}

export interface FilterPreview extends FilterFindings {
  /** Past events, newest first; none if the filter is not valid. */
  readonly events: readonly TriedEvent[];
  /** Whether `events` ends early because their data is large. */
  readonly is_truncated: boolean;
}

/** Evaluates a filter with past events of the types and tenant of a hook. Sends nothing. */
export type TryFilter = (tried: TriedFilter) => Promise<FilterPreview>;

const parse = (json: StoredJson | null): JsonObject | null =>
  json === null ? null : (JSON.parse(json.text) as JsonObject);

/** The newest events that a hook would have been subscribed to. */
const newestFor = async (
  repository: Events,
  { workspace_id, tenant, events, limit }: TriedFilter,
): Promise<readonly EventSummary[]> => {
  const [type] = events;
  const isOneType = events.length === 1 && type !== undefined && !type.endsWith('*');
  const filter = {
    ...(tenant === null || tenant === '*' ? {} : { tenant }),
    ...(isOneType ? { type } : {}),
  };
  const found: EventSummary[] = [];
  let after: string | null = null;
  for (let searched = 0; searched < SEARCHED_MAX && found.length < limit; searched += PAGE) {
    const page: Awaited<ReturnType<Events['list']>> = await repository.list(workspace_id, filter, {
      limit: PAGE,
      after,
    });
    const wanted = page.data.filter(
      (event) =>
        event.payload_expired_at === null &&
        isSubscribed({ events }, event.type) &&
        servesTenant({ tenant }, event.tenant),
    );
    found.push(...wanted);
    after = page.next;
    if (after === null) break;
  }
  return found.slice(0, limit);
};

const evaluateAll = async (
  repository: Events,
  { workspace_id, filter }: { readonly workspace_id: string; readonly filter: Filter },
  events: readonly EventSummary[],
): Promise<Pick<FilterPreview, 'events' | 'is_truncated'>> => {
  const tried: TriedEvent[] = [];
  let left = CHARACTERS_MAX;
  for (const { id } of events) {
    const event = await repository.get(workspace_id, id);
    const data = event?.data ?? null;
    if (event === null || data === null) continue;
    left -= data.text.length + (event.previous_data?.text.length ?? 0);
    if (left < 0) return { events: tried, is_truncated: true };
    const { verdict } = filter.evaluate({
      ...event,
      data: parse(data) ?? {},
      previous_data: parse(event.previous_data),
    });
    tried.push({ event, verdict });
  }
  return { events: tried, is_truncated: false };
};

export const createTryFilter =
  (checkFilter: CheckFilter, repository: Events): TryFilter =>
  async (tried) => {
    const { workspace_id } = tried;
    const findings = await checkFilter(workspace_id, tried);
    const compiled = compileFilter(tried.filter);
    if (!compiled.ok) return { ...findings, events: [], is_truncated: false };
    const events = await newestFor(repository, tried);
    return {
      ...findings,
      ...(await evaluateAll(repository, { workspace_id, filter: compiled.filter }, events)),
    };
  };
