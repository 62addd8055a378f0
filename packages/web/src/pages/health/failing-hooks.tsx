import type { Hook } from '@bellwire/client';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { useBellwire } from '../../data/client.tsx';
import { Failure } from '../../data/errors.tsx';
import { Mark } from '../../design/mark.tsx';
import { AgoWords } from '../../design/ago-words.tsx';
import { visibleText } from '../../design/visible-text.ts';

const REASONS: Readonly<Record<NonNullable<Hook['disabled_reason']>, string>> = {
  attempts_exhausted: 'Disabled: the last retry of a delivery failed.',
  gone_410: 'Disabled: the receiver responded with 410, gone for good.',
  failing: 'Disabled: it failed for days.',
};

const needsCare = ({ status, consecutive_failures }: Hook): boolean =>
  status === 'disabled' || (status === 'active' && consecutive_failures > 0);

/** Disabled ones first, then by the number of failures. */
const byNeed = (a: Hook, b: Hook): number =>
  Number(b.status === 'disabled') - Number(a.status === 'disabled') ||
  b.consecutive_failures - a.consecutive_failures;

const MAX_SHOWN = 20;

const Row = ({ hook }: { readonly hook: Hook }) => {
  const { id, name, tenant, status, last_failure, disabled_reason, consecutive_failures } = hook;
  return (
    <li className="failing-row">
      <span>
        {status === 'disabled' ? <Mark tone="bad" word="Disabled" /> : <Mark tone="warn" word="Failing" />}
      </span>
      <span className="failing-name cut" title={visibleText(name)}>
        <Link href={`/webhooks/${id}`}>{visibleText(name)}</Link>
        {tenant === null ? null : <span className="quiet"> · {tenant}</span>}
      </span>
      <span className="failing-reason break">
        {disabled_reason === null ? null : `${REASONS[disabled_reason]} `}
        {last_failure?.error === null || last_failure === null ? null : visibleText(last_failure.error)}
      </span>
      <span className="quiet number">
        {consecutive_failures} in a row
        {last_failure === null ? null : (
          <>
            , last <AgoWords at={last_failure.at} />
          </>
        )}
      </span>
    </li>
  );
};

/** The webhooks that need a person, with the reason. */
export const FailingHooks = () => {
  const bellwire = useBellwire();
  const { data, error, refetch } = useQuery({
    queryKey: ['hooks', 'names'],
    queryFn: async ({ signal }) => (await bellwire.hooks.list({ limit: 1000 }, { signal })).data,
  });
  const failing = (data ?? []).filter(needsCare).toSorted(byNeed);
  return (
    <section className="stack" aria-label="Failing webhooks">
      <h2>Failing webhooks</h2>
      <Failure error={error} onRetry={() => void refetch()} />
      {data !== undefined && failing.length === 0 ? (
        <Mark
          tone="ok"
          word={data.length === 0 ? 'There are no webhooks yet' : 'None: every webhook works'}
        />
      ) : null}
      <ul className="failing">
        {failing.slice(0, MAX_SHOWN).map((hook) => (
          <Row key={hook.id} hook={hook} />
        ))}
      </ul>
      {failing.length > MAX_SHOWN ? (
        <p className="quiet">
          And {failing.length - MAX_SHOWN} more: see <Link href="/webhooks">Webhooks</Link>.
        </p>
      ) : null}
    </section>
  );
};
