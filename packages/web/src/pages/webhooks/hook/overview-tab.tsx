import type { Hook } from '@bellwire/client';
import { Health } from './health.tsx';
import { LatestDeliveries } from './latest-deliveries.tsx';
import { RecentErrors } from './recent-errors.tsx';
import { Recoveries } from './recoveries.tsx';
import { StateNotice } from './state-notice.tsx';

/** How a webhook does now and lately. */
export const OverviewTab = ({ hook }: { readonly hook: Hook }) => (
  <div className="stack-wide">
    <StateNotice hook={hook} />
    <Recoveries hook={hook} />
    <Health hook={hook} />
    <div className="hook-columns">
      <RecentErrors hook={hook} />
      <LatestDeliveries hook={hook} />
    </div>
  </div>
);
