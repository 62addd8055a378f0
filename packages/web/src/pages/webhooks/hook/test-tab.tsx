import type { Hook } from '@bellwire/client';
import { useMutation } from '@tanstack/react-query';
import { useBellwire } from '../../../data/client.tsx';
import { Failure } from '../../../data/errors.tsx';
import { Button } from '../../../design/button.tsx';
import { useWords } from '../../../words/words.ts';
import { SentResult } from './sent-result.tsx';
import { TestEvent } from './test-event.tsx';

/** Sends a ping or a test event, and shows what came back. */
export const TestTab = ({ hook }: { readonly hook: Hook }) => (
  <div className="stack-wide narrow-section">
    <TestEvent hook={hook} />
    <Ping hook={hook} />
  </div>
);

const Ping = ({ hook }: { readonly hook: Hook }) => {
  const words = useWords().hook.test;
  const bellwire = useBellwire();
  const ping = useMutation({ mutationFn: () => bellwire.hooks.ping(hook.id) });
  return (
    <section className="stack" aria-label={words.ping_title}>
      <div className="section-head">
        <h2>{words.ping_title}</h2>
        <Button onClick={() => ping.mutate()} busy={ping.isPending && words.pinging}>
          {words.ping}
        </Button>
      </div>
      <p className="quiet">{words.ping_text}</p>
      <Failure error={ping.error} />
      {ping.data === undefined ? null : <SentResult result={ping.data} />}
    </section>
  );
};
