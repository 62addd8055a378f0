import type { Handlers, Received } from '../src/handling.ts';

// Checked by `npm run types`: an expected error that does not occur is an error.

interface Events {
  'order.created': { readonly order: { readonly id: number } };
  'order.shipped': { readonly parcel: string };
}

export const right: Handlers<Events> = {
  'order.created': ({ data }) => void data.order.id.toFixed(),
  'order.shipped': async ({ data }) => void data.parcel.trim(),
};

export const wrong: readonly Handlers<Events>[] = [
  // @ts-expect-error -- an order has no total
  { 'order.created': ({ data }) => void data.order.total },
  // @ts-expect-error -- the id is a number
  { 'order.created': ({ data }) => void data.order.id.trim() },
  // @ts-expect-error -- there is no such event
  { 'order.cretaed': () => {} },
  // @ts-expect-error -- a handler of another event
  { 'order.created': (event: Received<'order.shipped', Events>) => void event.data.parcel },
];
