import { Route, Switch } from 'wouter';
import { EditHookPage } from './form/edit-hook-page.tsx';
import { NewHookPage } from './form/new-hook-page.tsx';
import { HookPage } from './hook/hook-page.tsx';
import { WebhooksPage } from './list/webhooks-page.tsx';

/** The addresses of webhooks. */
export const WebhooksRoutes = () => (
  <Switch>
    <Route path="/webhooks" component={WebhooksPage} />
    <Route path="/webhooks/new" component={NewHookPage} />
    <Route path="/webhooks/:id/edit" component={EditHookPage} />
    <Route path="/webhooks/:id" component={HookPage} />
  </Switch>
);
