import { lazy, Suspense } from 'react';
import { Redirect, Route, Switch } from 'wouter';
import { Empty } from '../design/empty.tsx';
import { DeliveriesPage } from '../pages/deliveries/deliveries-page.tsx';
import { Page } from '../shell/page.tsx';
import { useWords } from '../words/words.ts';

const Webhooks = lazy(async () => ({
  default: (await import('../pages/webhooks/webhooks-routes.tsx')).WebhooksRoutes,
}));

/** Every view of the portal. */
export const PortalPages = () => {
  const words = useWords().portal;
  return (
    <Suspense>
      <Switch>
        <Route path="/">
          <Redirect to="/webhooks" replace />
        </Route>
        <Route path="/webhooks/*?" component={Webhooks} />
        <Route path="/deliveries/:id?" component={DeliveriesPage} />
        <Route>
          <Page title={words.not_found}>
            <Empty title={words.not_found}>{words.not_found_next}</Empty>
          </Page>
        </Route>
      </Switch>
    </Suspense>
  );
};
