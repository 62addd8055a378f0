import { lazy, Suspense } from 'react';
import { Redirect, Route, Switch } from 'wouter';
import { Empty } from '../design/empty.tsx';
import { Page } from '../shell/page.tsx';
import { DeliveriesPage } from './deliveries/deliveries-page.tsx';

const Webhooks = lazy(async () => ({
  default: (await import('./webhooks/webhooks-routes.tsx')).WebhooksRoutes,
}));
const DebugPage = lazy(async () => ({ default: (await import('./debug/debug-page.tsx')).DebugPage }));

/** Every address of the console. */
export const Pages = () => (
  <Suspense fallback={null}>
    <Switch>
      <Route path="/">
        <Redirect to="/deliveries" replace />
      </Route>
      <Route path="/deliveries/:id?" component={DeliveriesPage} />
      <Route path="/webhooks/*?" component={Webhooks} />
      <Route path="/debug" component={DebugPage} />
      <Route>
        <Page title="Not found">
          <Empty title="This page does not exist">Choose another one from the navigation.</Empty>
        </Page>
      </Route>
    </Switch>
  </Suspense>
);
