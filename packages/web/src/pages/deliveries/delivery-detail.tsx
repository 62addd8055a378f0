import type { Attempt, Delivery, DeliveryWithAttempts, Hook } from '@bellwire/client';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { useBellwire } from '../../data/client.tsx';
import { useFilters } from '../../data/address.ts';
import { Failure } from '../../data/errors.tsx';
import { Button } from '../../design/button.tsx';
import { CopyButton } from '../../design/copy.tsx';
import { Tabs } from '../../design/tabs.tsx';
import { useNarrow } from '../../design/media.ts';
import { useArea } from '../../shell/area.ts';
import { useWords } from '../../words/words.ts';
import { useForm } from '../webhooks/form/form-of.ts';
import { Blocked } from './blocked.tsx';
import { toCurl } from './curl.ts';
import { DeliveryFacts } from './delivery-facts.tsx';
import { useHooks } from './hook-names.ts';
import { Redeliver } from './redeliver.tsx';
import { RequestTab } from './request-tab.tsx';
import { ResponseTab } from './response-tab.tsx';
import { AttemptsTab, Timeline } from './timeline.tsx';
import { type Attempts, useAttempts } from './use-attempts.ts';
import { Verdict } from './verdict.tsx';

interface DetailProps {
  readonly id: string;
  readonly nameOf: (delivery: Delivery) => string;
  readonly onClose: () => void;
}

/** One delivery: what was sent, what came back, why, and what happens next. */
export const DeliveryDetail = ({ id, nameOf, onClose }: DetailProps) => {
  const bellwire = useBellwire();
  const words = useWords().delivery;
  const narrow = useNarrow();
  const { data, error, refetch } = useQuery({
    queryKey: ['delivery', id],
    queryFn: ({ signal }) => bellwire.deliveries.get(id, { signal }),
  });
  return (
    <aside className="detail" aria-label={data === undefined ? id : words.to(data.event_type, nameOf(data))}>
      <Button kind="bare" className="detail-close" onClick={onClose}>
        {narrow ? `‹ ${words.back}` : words.close}
      </Button>
      <Failure error={error} onRetry={() => void refetch()} />
      {data === undefined ? null : <Loaded delivery={data} name={nameOf(data)} />}
    </aside>
  );
};

interface LoadedProps {
  readonly delivery: DeliveryWithAttempts;
  readonly name: string;
}

const useHookOf = (delivery: Delivery): Hook | undefined =>
  useHooks().find(({ id }) => id === delivery.hook_id);

const Loaded = ({ delivery, name }: LoadedProps) => {
  const words = useWords().delivery;
  const [filters, change] = useFilters();
  const number = filters['attempt'] === undefined ? null : Number(filters['attempt']);
  const hook = useHookOf(delivery);
  const attempts = useAttempts(delivery, number);
  const last = delivery.attempts.at(-1);
  // Without a choice, the newest attempt is shown, also when another one follows.
  const attempt = attempts.attempts.find((each) => each.number === number) ?? last;
  const tab = filters['tab'] ?? 'response';
  return (
    <div className="stack-wide">
      <div>
        <h2 className="detail-title break">{words.to(delivery.event_type, name)}</h2>
        <span className="mono quiet">{delivery.id}</span>
      </div>
      <Verdict delivery={delivery} attempt={last} hook={hook} />
      <Blocked delivery={delivery} />
      <Actions delivery={delivery} attempt={attempt} />
      <AttemptTabs
        delivery={delivery}
        attempts={attempts}
        hook={hook}
        attempt={attempt}
        selected={tab}
        onSelect={(key) => change({ tab: key })}
        onAttempt={(chosen) => change({ tab: 'response', attempt: String(chosen) })}
      />
      <Timeline
        delivery={delivery}
        attempts={attempts.attempts}
        // The tab of the attempts has the same button.
        earlier={tab === 'attempts' ? undefined : attempts.earlier}
      />
      <DeliveryFacts delivery={delivery} name={name} />
    </div>
  );
};

/** Receivers answer like this when the signature does not match. */
const isRefusal = (attempt: Attempt | undefined): boolean =>
  attempt?.response?.status === 401 || attempt?.response?.status === 403;

const Actions = ({
  delivery,
  attempt,
}: {
  readonly delivery: Delivery;
  readonly attempt: Attempt | undefined;
}) => {
  const words = useWords().delivery;
  const { is_portal } = useArea();
  return (
    <div className="inline">
      <Redeliver delivery={delivery} />
      {attempt?.request ? <CopyButton text={toCurl(attempt.request)} label={words.copy_curl} /> : null}
      {is_portal ? null : <CopyButton text={location.href} label={words.copy_link} />}
      {isRefusal(attempt) && !is_portal ? (
        <Link href={`/debug?delivery=${delivery.id}`}>{words.debug_signature}</Link>
      ) : null}
    </div>
  );
};

interface AttemptTabsProps {
  readonly delivery: Delivery;
  readonly attempts: Attempts;
  readonly hook: Hook | undefined;
  readonly attempt: Attempt | undefined;
  readonly selected: string;
  readonly onSelect: (tab: string) => void;
  readonly onAttempt: (number: number) => void;
}

const AttemptTabs = ({ delivery, attempts, hook, attempt, ...props }: AttemptTabsProps) => {
  const { selected, onSelect, onAttempt } = props;
  const words = useWords().delivery;
  const titles = useForm(hook?.dialect ?? '').delivery_tabs ?? words.tabs;
  if (attempt === undefined) return <p className="quiet">{words.no_attempt}</p>;
  return (
    <Tabs
      label={words.attempt_of(attempt.number, null)}
      selected={selected}
      onSelect={onSelect}
      tabs={[
        { key: 'request', title: titles.request, content: <RequestTab attempt={attempt} /> },
        { key: 'response', title: titles.response, content: <ResponseTab attempt={attempt} /> },
        {
          key: 'attempts',
          title: `${words.tabs.attempts} (${delivery.attempt_count})`,
          content: <AttemptsTab {...attempts} selected={attempt.number} onSelect={onAttempt} />,
        },
      ]}
    />
  );
};
