import type { Hook } from '@bellwire/client';
import { type ReactNode, useState } from 'react';
import { Button } from '../../../design/button.tsx';
import { durationText, exactTime } from '../../../design/durations.ts';
import { Facts } from '../../../design/facts.tsx';
import { visibleText } from '../../../design/visible-text.ts';
import { useArea } from '../../../shell/area.ts';
import { useWords, type Words } from '../../../words/words.ts';
import { rateLimitText } from '../form/hook-draft.ts';
import { DeleteDialog } from './delete-dialog.tsx';

const time = (at: string): string => exactTime(at).split('\n')[0] ?? at;

const certificateText = (words: Words, of: NonNullable<Hook['client_certificate']>): string =>
  words.hook_form.certificate.kept(visibleText(of.subject), time(of.expires_at));

/** When each attempt is due: `at once · 1 min – 1 min 15 s · …` */
const delaysText = ({ hook: { settings } }: Words, { attempt_delays }: Hook): string =>
  attempt_delays
    .map(({ min_ms, max_ms }) => {
      if (max_ms === 0) return settings.at_once;
      return min_ms === max_ms ? durationText(min_ms) : `${durationText(min_ms)} – ${durationText(max_ms)}`;
    })
    .join(' · ');

const factsOf = (words: Words, hook: Hook, is_portal: boolean): readonly (readonly [string, ReactNode])[] => {
  const { labels } = words.hook_form;
  const { settings } = words.hook;
  const pairs = (map: Readonly<Record<string, string>>): string =>
    Object.entries(map)
      .map(([name, value]) => `${visibleText(name)}: ${visibleText(value)}`)
      .join('\n') || settings.none;
  return [
    ['ID', <code key="id">{hook.id}</code>],
    [settings.number, hook.number],
    [labels.name, visibleText(hook.name)],
    [labels.url, visibleText(hook.url)],
    ...(hook.description === '' ? [] : [[labels.description, visibleText(hook.description)] as const]),
    [labels.events, hook.events.map(visibleText).join(', ')],
    ...(hook.filter === null
      ? []
      : [[labels.filter, <code key="filter">{visibleText(hook.filter)}</code>] as const]),
    [labels.dialect, hook.dialect],
    ...(is_portal ? [] : [[labels.tenant, hook.tenant ?? settings.none] as const]),
    [labels.content_type, hook.content_type],
    ...(hook.ordered ? [[labels.ordered, hook.order_key ?? settings.yes] as const] : []),
    [labels.max_attempts, hook.max_attempts ?? settings.attempts_default],
    [labels.retry_schedule, hook.retry_schedule?.join(', ') ?? settings.attempts_default],
    [settings.attempt_delays, delaysText(words, hook)],
    [labels.timeout, hook.timeout_ms === null ? settings.attempts_default : hook.timeout_ms / 1000],
    [labels.rate_limit, rateLimitText(hook.rate_limit) || settings.none],
    [labels.ssl, hook.insecure_ssl ? settings.no : settings.yes],
    ...(hook.client_certificate === null
      ? []
      : [[labels.client_certificate, certificateText(words, hook.client_certificate)] as const]),
    [
      labels.headers,
      <span key="headers" className="lines">
        {pairs(hook.headers)}
      </span>,
    ],
    ...(is_portal
      ? []
      : [
          [
            labels.metadata,
            <span key="metadata" className="lines">
              {pairs(hook.metadata)}
            </span>,
          ] as const,
        ]),
    [settings.created, time(hook.created_at)],
    [settings.updated, time(hook.updated_at)],
  ];
};

/** Every field of a hook, and its deletion. */
export const SettingsTab = ({ hook }: { readonly hook: Hook }) => {
  const words = useWords();
  const { is_portal, read_only } = useArea();
  const [deleting, setDeleting] = useState(false);
  return (
    <section className="stack-wide narrow-section" aria-label={words.hook.settings.title}>
      <Facts facts={factsOf(words, hook, is_portal)} />
      {read_only ? null : (
        <div>
          <Button kind="danger" onClick={() => setDeleting(true)}>
            {words.hook.settings.delete}
          </Button>
        </div>
      )}
      {deleting ? <DeleteDialog hook={hook} onClose={() => setDeleting(false)} /> : null}
    </section>
  );
};
