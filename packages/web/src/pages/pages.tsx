import { Redirect, Route, Switch } from 'wouter';
import { Empty } from '../design/empty.tsx';
import { Page } from '../shell/page.tsx';
import { DeliveriesPage } from './deliveries/deliveries-page.tsx';

/** Every address of the console. */
export const Pages = () => (
  <Switch>
    <Route path="/">
      <Redirect to="/deliveries" replace />
    </Route>
    <Route path="/deliveries/:id?" component={DeliveriesPage} />
    <Route>
      <Page title="Not found">
        <Empty title="This page does not exist">Choose another one from the navigation.</Empty>
      </Page>
    </Route>
  </Switch>
);
