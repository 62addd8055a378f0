/** What your sender sends: the name of each event type and the shape of its data. May be generated; exports `Events`. */
export interface Events {
  'order.created': { readonly order: { readonly id: number; readonly total: number } };
}
