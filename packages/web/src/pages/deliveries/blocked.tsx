import type { Delivery } from '@bellwire/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from 'wouter';
import { useBellwire } from '../../data/client.tsx';
import { Failure } from '../../data/errors.tsx';
import { Button } from '../../design/button.tsx';
import { Notice } from '../../design/notice.tsx';
import { useArea } from '../../shell/area.ts';
import { useWords } from '../../words/words.ts';

/** The delivery that this one waits for, and the action that gives that one up. Nothing if it waits for none. */
export const Blocked = ({ delivery: { id, blocked_by } }: { readonly delivery: Delivery }) => {
  const words = useWords().delivery;
  const { read_only } = useArea();
  if (blocked_by === null) return null;
  return (
    <Notice tone="warn" title={words.blocked_title}>
      <p>
        {words.blocked}{' '}
        <Link className="mono" href={`/deliveries/${blocked_by}`}>
          {blocked_by}
        </Link>
        .
      </p>
      {read_only ? null : <SkipButton id={id} blocked_by={blocked_by} />}
    </Notice>
  );
};

const SkipButton = ({ id, blocked_by }: { readonly id: string; readonly blocked_by: string }) => {
  const words = useWords().delivery;
  const bellwire = useBellwire();
  const queries = useQueryClient();
  const skip = useMutation({
    mutationFn: () => bellwire.deliveries.skip(blocked_by),
    onSettled: () => queries.invalidateQueries({ queryKey: ['delivery', id] }),
  });
  return (
    <>
      <Button onClick={() => skip.mutate()} busy={skip.isPending && words.skipping}>
        {words.skip_blocker}
      </Button>
      <Failure error={skip.error} />
    </>
  );
};
