import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useLocation } from 'wouter';
import { useFilters } from '../../../data/address.ts';
import { useBellwire } from '../../../data/client.tsx';
import { useArea } from '../../../shell/area.ts';
import { Page } from '../../../shell/page.tsx';
import { useWords } from '../../../words/words.ts';
import { keepCreated } from '../hook/created.ts';
import { DialectChoice } from './dialect-choice.tsx';
import { rulesOf } from './dialect-rules.ts';
import { useForm } from './form-of.ts';
import { EMPTY_DRAFT, type HookDraft, toCreation } from './hook-draft.ts';
import { HookForm } from './hook-form.tsx';
import { useUsualDialect } from './use-usual-dialect.ts';

/** Creates a webhook. The address names another dialect than that of the workspace. */
export const NewHookPage = () => {
  const usual = useUsualDialect();
  const words = useWords().hook_form;
  return usual === null ? <Page title={words.title}>{null}</Page> : <NewHook usual={usual} />;
};

const NewHook = ({ usual }: { readonly usual: string }) => {
  const bellwire = useBellwire();
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  const { is_portal } = useArea();
  const [{ dialect = null, tenant = '' }, change] = useFilters();
  const form = useForm(dialect ?? usual);
  const rules = rulesOf(dialect ?? usual);
  const create = useMutation({
    mutationFn: (draft: HookDraft) =>
      bellwire.hooks.create(toCreation(draft, { form, rules, dialect, has_metadata: !is_portal })),
    onSuccess: async (created) => {
      keepCreated(queries, created);
      await queries.invalidateQueries({ queryKey: ['hooks'] });
      navigate(`/webhooks/${created.id}?tab=receiver`, { replace: true });
    },
  });
  return (
    <Page title={form.title}>
      <HookForm
        form={form}
        rules={rules}
        is_new
        initial={{ ...EMPTY_DRAFT, tenant }}
        without={is_portal ? ['tenant', 'dialect', 'metadata'] : []}
        dialect={
          is_portal ? null : (
            <DialectChoice usual={usual} value={dialect} onChange={(name) => change({ dialect: name })} />
          )
        }
        error={create.error}
        is_busy={create.isPending}
        onSubmit={create.mutate}
        onCancel={() => navigate('/webhooks')}
      />
    </Page>
  );
};
