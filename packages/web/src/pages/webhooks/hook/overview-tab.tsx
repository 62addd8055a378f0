import type { Hook } from '@bellwire/client';
import { useQueryClient } from '@tanstack/react-query';
import { Notice } from '../../../design/notice.tsx';
import { visibleText } from '../../../design/visible-text.ts';
import { keptWarnings } from './created.ts';
import { Health } from './health.tsx';
import { LatestDeliveries } from './latest-deliveries.tsx';
import { RecentErrors } from './recent-errors.tsx';
import { Recoveries } from './recoveries.tsx';
import { StateNotice } from './state-notice.tsx';

/** How a webhook does now and lately. */
export const OverviewTab = ({ hook }: { readonly hook: Hook }) => (
  <div className="stack-wide">
    <StateNotice hook={hook} />
    <Warnings hook={hook} />
    <Recoveries hook={hook} />
    <Health hook={hook} />
    <div className="hook-columns">
      <RecentErrors hook={hook} />
      <LatestDeliveries hook={hook} />
    </div>
  </div>
);

/** The warnings about the last change on this page. */
const Warnings = ({ hook }: { readonly hook: Hook }) =>
  keptWarnings(useQueryClient(), hook.id).map(({ message }) => (
    <Notice key={message} tone="warn" title={visibleText(message)} />
  ));
