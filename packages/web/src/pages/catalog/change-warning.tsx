import { Button } from '../../design/button.tsx';
import { Dialog, DialogActions } from '../../design/dialog.tsx';
import { visibleText } from '../../design/visible-text.ts';
import { useHooks } from '../deliveries/hook-names.ts';
import type { SchemaChange } from './schema-changes.ts';
import { SubscriberList } from './subscribers-list.tsx';
import { subscribersOf } from './subscribers.ts';
import './change-warning.css';

interface ChangeWarningProps {
  readonly type: string;
  readonly changes: readonly SchemaChange[];
  readonly onSave: () => void;
  readonly onClose: () => void;
}

const TITLES: Readonly<Record<SchemaChange['breaks'], string>> = {
  receivers: 'May break receivers',
  unknown: 'Not compared: check it yourself',
  senders: 'May break your own code that sends',
};

const GROUPS = ['receivers', 'unknown', 'senders'] as const;

/** What may break when a changed schema is saved, and whose webhooks get the events. */
export const ChangeWarning = ({ type, changes, onSave, onClose }: ChangeWarningProps) => {
  const subscribers = subscribersOf(useHooks(), type);
  return (
    <Dialog title={`This change of ${type} may break code`} onClose={onClose}>
      <div className="stack">
        {GROUPS.map((breaks) => {
          const group = changes.filter((change) => change.breaks === breaks);
          return group.length === 0 ? null : (
            <section key={breaks} className={`change-group change-${breaks}`}>
              <h3>{TITLES[breaks]}</h3>
              <ul>
                {group.map(({ path, text }) => (
                  <li key={`${path} ${text}`} className="break">
                    {path === '' ? 'The data' : <code>{visibleText(path)}</code>} {visibleText(text)}.
                  </li>
                ))}
              </ul>
            </section>
          );
        })}
        <section className="stack">
          <h3>
            {subscribers.length === 0
              ? 'No webhook subscribes to it yet.'
              : `Webhooks that get it: ${subscribers.length}`}
          </h3>
          <SubscriberList subscribers={subscribers} />
        </section>
      </div>
      <DialogActions>
        <Button kind="primary" onClick={onSave}>
          Save anyway
        </Button>
        <Button onClick={onClose}>Keep editing</Button>
      </DialogActions>
    </Dialog>
  );
};
