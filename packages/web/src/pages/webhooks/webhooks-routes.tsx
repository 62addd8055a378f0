import { Redirect, Route, Switch } from 'wouter';
import { useArea } from '../../shell/area.ts';
import { EditHookPage } from './form/edit-hook-page.tsx';
import { NewHookPage } from './form/new-hook-page.tsx';
import { HookPage } from './hook/hook-page.tsx';
import { WebhooksPage } from './list/webhooks-page.tsx';

/** The addresses of webhooks. Where nothing can be changed, those of forms lead to what they would change. */
export const WebhooksRoutes = () => {
  const { read_only } = useArea();
  return (
    <Switch>
      <Route path="/webhooks" component={WebhooksPage} />
      {read_only ? <Route path="/webhooks/new" component={ToList} /> : null}
      {read_only ? <Route path="/webhooks/:id/edit">{({ id }) => <ToHook id={id} />}</Route> : null}
      <Route path="/webhooks/new" component={NewHookPage} />
      <Route path="/webhooks/:id/edit" component={EditHookPage} />
      <Route path="/webhooks/:id" component={HookPage} />
    </Switch>
  );
};

const ToList = () => <Redirect to="/webhooks" replace />;

const ToHook = ({ id }: { readonly id: string }) => <Redirect to={`/webhooks/${id}`} replace />;
