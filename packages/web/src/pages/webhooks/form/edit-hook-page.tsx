import type { Hook } from '@bellwire/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useLocation, useParams } from 'wouter';
import { useBellwire } from '../../../data/client.tsx';
import { Failure, issueAt } from '../../../data/errors.tsx';
import { visibleText } from '../../../design/visible-text.ts';
import { useArea } from '../../../shell/area.ts';
import { Page } from '../../../shell/page.tsx';
import { useWords } from '../../../words/words.ts';
import { keepWarnings } from '../hook/created.ts';
import { useHook } from '../hook/use-hook.ts';
import { rulesOf } from './dialect-rules.ts';
import { useForm } from './form-of.ts';
import { draftOf, type HookDraft, toChanges } from './hook-draft.ts';
import { HookForm } from './hook-form.tsx';

/** Changes a webhook. */
export const EditHookPage = () => {
  const { id = '' } = useParams();
  const words = useWords();
  const { data, error, refetch } = useHook(id);
  return (
    <Page title={data === undefined ? words.webhooks.title : words.hook_form.edit(visibleText(data.name))}>
      <Failure error={error} onRetry={() => void refetch()} />
      {data === undefined ? null : <Edit key={data.id} hook={data} />}
    </Page>
  );
};

const Edit = ({ hook }: { readonly hook: Hook }) => {
  const { is_portal } = useArea();
  const bellwire = useBellwire();
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  const form = useForm(hook.dialect);
  const rules = rulesOf(hook.dialect);
  const close = (): void => navigate(`/webhooks/${hook.id}`);
  const update = useMutation({
    // Sent even when nothing differs: some dialects then ping the receiver.
    mutationFn: (draft: HookDraft) => bellwire.hooks.update(hook.id, toChanges(draft, hook, { form, rules })),
    onSuccess: async ({ warnings }) => {
      keepWarnings(queries, hook.id, warnings);
      await queries.invalidateQueries({ queryKey: ['hooks'] });
      close();
    },
  });
  return (
    <HookForm
      form={form}
      rules={rules}
      is_new={false}
      initial={draftOf(hook, form)}
      certificate={hook.client_certificate}
      hidden_headers={Object.keys(hook.headers)}
      without={[
        'tenant',
        'dialect',
        ...(is_portal ? (['metadata'] as const) : []),
        // Other forms rotate it on the page of the webhook, unless a new origin requires it.
        ...(form.secret === 'text' || issueAt(update.error, 'secret') !== undefined
          ? []
          : (['secret'] as const)),
      ]}
      error={update.error}
      is_busy={update.isPending}
      onSubmit={update.mutate}
      onCancel={close}
    />
  );
};
