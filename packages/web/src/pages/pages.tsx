import { lazy, Suspense } from 'react';
import { Redirect, Route, Switch } from 'wouter';
import { Empty } from '../design/empty.tsx';
import { Page } from '../shell/page.tsx';
import { DeliveriesPage } from './deliveries/deliveries-page.tsx';

const CatalogPage = lazy(async () => ({ default: (await import('./catalog/catalog-page.tsx')).CatalogPage }));
const TypePage = lazy(async () => ({ default: (await import('./catalog/type-page.tsx')).TypePage }));
const EventsPage = lazy(async () => ({ default: (await import('./events/events-page.tsx')).EventsPage }));
const SendPage = lazy(async () => ({ default: (await import('./events/send-page.tsx')).SendPage }));
const HealthPage = lazy(async () => ({ default: (await import('./health/health-page.tsx')).HealthPage }));

/** Every address of the console. */
export const Pages = () => (
  <Suspense>
    <Switch>
      <Route path="/">
        <Redirect to="/deliveries" replace />
      </Route>
      <Route path="/deliveries/:id?" component={DeliveriesPage} />
      <Route path="/catalog" component={CatalogPage} />
      <Route path="/catalog/:name" component={TypePage} />
      <Route path="/events/new" component={SendPage} />
      <Route path="/events/:id?" component={EventsPage} />
      <Route path="/health" component={HealthPage} />
      <Route>
        <Page title="Not found">
          <Empty title="This page does not exist">Choose another one from the navigation.</Empty>
        </Page>
      </Route>
    </Switch>
  </Suspense>
);
