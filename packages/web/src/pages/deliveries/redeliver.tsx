import type { Delivery } from '@bellwire/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useBellwire } from '../../data/client.tsx';
import { Failure } from '../../data/errors.tsx';
import { Button } from '../../design/button.tsx';
import { Dialog, DialogActions } from '../../design/dialog.tsx';
import { Notice } from '../../design/notice.tsx';
import { useKey } from '../../design/use-key.ts';
import { useArea } from '../../shell/area.ts';
import { useWords } from '../../words/words.ts';
import { isOld } from './filters.ts';

/** Sends a delivery once more at once; nothing where nothing can be changed. */
export const Redeliver = (props: { readonly delivery: Delivery }) =>
  useArea().read_only ? null : <RedeliverButton {...props} />;

/** It warns where the receiver may have forgotten that it knows the event. */
const RedeliverButton = ({ delivery }: { readonly delivery: Delivery }) => {
  const words = useWords().delivery;
  const bellwire = useBellwire();
  const queries = useQueryClient();
  const [asking, setAsking] = useState(false);
  const retry = useMutation({
    mutationFn: () => bellwire.deliveries.retry(delivery.id),
    onSettled: () => queries.invalidateQueries({ queryKey: ['delivery', delivery.id] }),
  });
  const start = (): void => {
    if (retry.isPending) return;
    if (isOld(delivery.created_at)) setAsking(true);
    else retry.mutate();
  };
  useKey('r', start);
  return (
    <>
      <Button
        kind="primary"
        onClick={start}
        busy={retry.isPending && words.redelivering}
        aria-keyshortcuts="r"
      >
        {words.redeliver}
      </Button>
      {retry.data === undefined ? null : (
        <Notice tone={retry.data.success ? 'ok' : 'bad'} title={words.redelivered(retry.data.success)} live />
      )}
      <Failure error={retry.error} />
      {asking ? (
        <Dialog title={words.old_title} onClose={() => setAsking(false)}>
          <p>{words.old}</p>
          <DialogActions>
            <Button
              kind="primary"
              onClick={() => {
                setAsking(false);
                retry.mutate();
              }}
            >
              {words.redeliver_anyway}
            </Button>
            <Button onClick={() => setAsking(false)}>{words.cancel}</Button>
          </DialogActions>
        </Dialog>
      ) : null}
    </>
  );
};
