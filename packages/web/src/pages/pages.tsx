import { lazy, Suspense } from 'react';
import { Redirect, Route, Switch } from 'wouter';
import { Empty } from '../design/empty.tsx';
import { Page } from '../shell/page.tsx';
import { DeliveriesPage } from './deliveries/deliveries-page.tsx';

const Webhooks = lazy(async () => ({
  default: (await import('./webhooks/webhooks-routes.tsx')).WebhooksRoutes,
}));
const DebugPage = lazy(async () => ({ default: (await import('./debug/debug-page.tsx')).DebugPage }));
const CatalogPage = lazy(async () => ({ default: (await import('./catalog/catalog-page.tsx')).CatalogPage }));
const TypePage = lazy(async () => ({ default: (await import('./catalog/type-page.tsx')).TypePage }));
const EventsPage = lazy(async () => ({ default: (await import('./events/events-page.tsx')).EventsPage }));
const SendPage = lazy(async () => ({ default: (await import('./events/send-page.tsx')).SendPage }));
const TenantsPage = lazy(async () => ({ default: (await import('./tenants/tenants-page.tsx')).TenantsPage }));
const TenantPage = lazy(async () => ({ default: (await import('./tenants/tenant-page.tsx')).TenantPage }));
const HealthPage = lazy(async () => ({ default: (await import('./health/health-page.tsx')).HealthPage }));
const KeysPage = lazy(async () => ({ default: (await import('./keys/keys-page.tsx')).KeysPage }));
const AuditPage = lazy(async () => ({ default: (await import('./audit/audit-page.tsx')).AuditPage }));
const SettingsPage = lazy(async () => ({
  default: (await import('./settings/settings-page.tsx')).SettingsPage,
}));

/** Every address of the console. */
export const Pages = () => (
  <Suspense>
    <Switch>
      <Route path="/">
        <Redirect to="/deliveries" replace />
      </Route>
      <Route path="/deliveries/:id?" component={DeliveriesPage} />
      <Route path="/webhooks/*?" component={Webhooks} />
      <Route path="/debug" component={DebugPage} />
      <Route path="/catalog" component={CatalogPage} />
      <Route path="/catalog/:name" component={TypePage} />
      <Route path="/events/new" component={SendPage} />
      <Route path="/events/:id?" component={EventsPage} />
      <Route path="/tenants" component={TenantsPage} />
      <Route path="/tenants/:id" component={TenantPage} />
      <Route path="/health" component={HealthPage} />
      <Route path="/keys" component={KeysPage} />
      <Route path="/audit" component={AuditPage} />
      <Route path="/settings" component={SettingsPage} />
      <Route>
        <Page title="Not found">
          <Empty title="This page does not exist">Choose another one from the navigation.</Empty>
        </Page>
      </Route>
    </Switch>
  </Suspense>
);
