import { useParams } from 'wouter';
import { Failure } from '../../../data/errors.tsx';
import { Page } from '../../../shell/page.tsx';
import { useWords } from '../../../words/words.ts';
import { useHook } from './use-hook.ts';

/** One webhook. */
export const HookPage = () => {
  const { id = '' } = useParams();
  const words = useWords();
  const { data, error, refetch } = useHook(id);
  return (
    <Page title={data?.name ?? words.webhooks.title}>
      <Failure error={error} onRetry={() => void refetch()} />
    </Page>
  );
};
