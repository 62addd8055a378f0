import type { Hook } from '@bellwire/client';
import { useState } from 'react';
import { Link } from 'wouter';
import { Button } from '../../design/button.tsx';
import { Mark, type Tone } from '../../design/mark.tsx';
import { visibleText } from '../../design/visible-text.ts';
import { useHooks } from '../deliveries/hook-names.ts';
import { type Subscriber, subscribersOf } from './subscribers.ts';
import './subscribers-list.css';

const STATES: Readonly<Record<Hook['status'], readonly [tone: Tone, word: string]>> = {
  active: ['ok', 'Active'],
  paused: ['held', 'Paused'],
  disabled: ['bad', 'Disabled'],
  unvalidated: ['idle', 'Unvalidated'],
};

const FEW = 8;

/** Webhooks that subscribe to a type, with the entry that includes it. */
export const SubscriberList = ({ subscribers }: { readonly subscribers: readonly Subscriber[] }) => {
  const [all, setAll] = useState(false);
  return (
    <>
      <ul className="subscribers">
        {(all ? subscribers : subscribers.slice(0, FEW)).map(({ hook, entry }) => (
          <li key={hook.id}>
            <Mark tone={STATES[hook.status][0]} word={STATES[hook.status][1]} />
            <span className="cut">
              <Link href={`/webhooks/${hook.id}`}>{visibleText(hook.name)}</Link>
              {hook.tenant === null ? null : <span className="quiet"> · {hook.tenant}</span>}
            </span>
            <span className="quiet cut">{entry.includes('*') ? `by ${entry}` : ''}</span>
          </li>
        ))}
      </ul>
      {!all && subscribers.length > FEW ? (
        <Button onClick={() => setAll(true)}>Show the other {subscribers.length - FEW}</Button>
      ) : null}
    </>
  );
};

/** Who gets events of a type. */
export const Subscribers = ({ type }: { readonly type: string }) => {
  const subscribers = subscribersOf(useHooks(), type);
  return (
    <section className="stack" aria-label="Webhooks">
      <h2>
        {subscribers.length === 1 ? '1 webhook subscribes' : `${subscribers.length} webhooks subscribe`}
      </h2>
      {subscribers.length === 0 ? (
        <p className="quiet">
          Events of this type are stored but not sent. <Link href="/webhooks">Subscribe a webhook</Link>.
        </p>
      ) : (
        <SubscriberList subscribers={subscribers} />
      )}
    </section>
  );
};
