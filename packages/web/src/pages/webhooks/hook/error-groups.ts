import type { Delivery } from '@bellwire/client';

type Failed = Pick<Delivery, 'last_outcome' | 'last_status' | 'last_error' | 'status'>;

/** Deliveries that failed for the same reason. */
export interface ErrorGroup {
  readonly outcome: string;
  /** The HTTP status, where that is the reason. */
  readonly status: number | null;
  /** The newest one in words. */
  readonly error: string | null;
  readonly count: number;
}

const reasonOf = ({ last_outcome, last_status }: Failed): string =>
  `${last_outcome ?? ''} ${last_outcome === 'http_status' ? (last_status ?? '') : ''}`;

/** Groups failed and retried deliveries, newest first, by reason; by falling count. */
export const errorGroups = (deliveries: readonly Failed[]): readonly ErrorGroup[] =>
  [
    ...Map.groupBy(
      deliveries.filter(({ last_outcome }) => last_outcome !== null && last_outcome !== 'succeeded'),
      reasonOf,
    ).values(),
  ]
    .flatMap(([newest, ...others]) =>
      newest === undefined
        ? []
        : [
            {
              outcome: newest.last_outcome ?? '',
              status: newest.last_outcome === 'http_status' ? newest.last_status : null,
              error: newest.last_error,
              count: others.length + 1,
            },
          ],
    )
    .toSorted((a, b) => b.count - a.count);
