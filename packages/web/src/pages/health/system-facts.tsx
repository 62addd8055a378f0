import type { System } from '@bellwire/client';
import { Link } from 'wouter';
import { Failure } from '../../data/errors.tsx';
import { exactTime, longText } from '../../design/durations.ts';
import { Facts } from '../../design/facts.tsx';
import { Mark } from '../../design/mark.tsx';
import { sizeText } from '../../design/numbers.ts';
import { useNow } from '../../design/time.tsx';
import { useSession } from '../../session/session-provider.tsx';
import { useSystem } from './use-system.ts';

const GIB = 1024 ** 3;

/** Below this, the server may soon refuse events. */
const LITTLE_FREE = GIB;

const Free = ({ bytes }: { readonly bytes: number | null }) => {
  if (bytes === null) return 'unknown';
  return bytes < LITTLE_FREE ? <Mark tone="bad" word={`${sizeText(bytes)}: make room`} /> : sizeText(bytes);
};

const Uptime = ({ since }: { readonly since: string }) => {
  const now = useNow();
  return <time title={exactTime(since)}>{longText(Math.max(0, now - Date.parse(since)))}</time>;
};

const kept = (ms: number | null, unlimited: string): string => (ms === null ? unlimited : longText(ms));

const Loaded = ({ system: { database, retention, ...system } }: { readonly system: System }) => (
  <div className="system-facts">
    <section className="stack" aria-label="Disk">
      <h2>Disk</h2>
      <Facts
        facts={[
          ['Database', sizeText(database.size_bytes)],
          ['Write-ahead log', sizeText(database.wal_bytes)],
          ['Free space', <Free key="free" bytes={database.disk_free_bytes} />],
        ]}
      />
    </section>
    <section className="stack" aria-label="Retention">
      <h2>Retention</h2>
      <Facts
        facts={[
          ['Events', kept(retention.events_ms, 'kept forever')],
          ['Their data', kept(retention.payloads_ms, 'as long as the event')],
          [
            'Change it',
            <Link key="settings" href="/settings?q=retention">
              Settings
            </Link>,
          ],
        ]}
      />
    </section>
    <section className="stack" aria-label="Nodes">
      <h2>Nodes</h2>
      <Facts
        facts={[
          [
            'This node',
            <span key="id" className="mono">
              {system.node_id}
            </span>,
          ],
          ['Version', system.version],
          ['Up for', <Uptime key="up" since={system.started_at} />],
        ]}
      />
    </section>
  </div>
);

/** The disk, the retention and the process. */
export const SystemFacts = () => {
  const { scope } = useSession();
  const { data, error, refetch } = useSystem();
  if (scope !== 'admin') return null;
  return (
    <>
      <Failure error={error} onRetry={() => void refetch()} />
      {data === undefined ? null : <Loaded system={data} />}
    </>
  );
};
