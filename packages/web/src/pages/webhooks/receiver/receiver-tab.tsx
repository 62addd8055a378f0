import type { CreatedHook, Hook } from '@bellwire/client';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useFilters } from '../../../data/address.ts';
import { Button } from '../../../design/button.tsx';
import { Snippet } from '../../../design/code.tsx';
import { Notice } from '../../../design/notice.tsx';
import { Tabs } from '../../../design/tabs.tsx';
import { useArea } from '../../../shell/area.ts';
import { useWords } from '../../../words/words.ts';
import { createdHook, dropCreated } from '../hook/created.ts';
import { SecretValue } from '../hook/secret-value.tsx';
import { formatOf, isLanguage, receivers, scaffoldCommand } from './receiver-code.ts';

/** The code of a receiver of this hook; after its creation, with its secret. */
export const ReceiverTab = ({ hook }: { readonly hook: Hook }) => {
  const words = useWords().hook.receiver;
  const { read_only } = useArea();
  const [filters, change] = useFilters();
  const language = isLanguage(filters['language'] ?? '') ? filters['language'] : 'node';
  const format = formatOf(hook);
  return (
    <div className="stack-wide narrow-section">
      <Created hook={hook} />
      {hook.secret_state.signing === 'none' ? (
        <Notice tone="warn" title={words.unsigned}>
          <div className="stack">
            <p>{words.unsigned_next}</p>
            {read_only ? null : (
              <div>
                <Button onClick={() => change({ tab: 'signing' })}>{words.set_secret}</Button>
              </div>
            )}
          </div>
        </Notice>
      ) : null}
      <section className="stack" aria-label={words.title}>
        <h2>{words.title}</h2>
        <p>{format === null ? words.unknown : words.text}</p>
        {format === null ? null : (
          <Tabs
            label={words.language}
            selected={language ?? 'node'}
            onSelect={(key) => change({ language: key })}
            tabs={Object.entries(receivers).map(([key, { name, write }]) => ({
              key,
              title: name,
              content: <Snippet label={name} text={write(format)} />,
            }))}
          />
        )}
      </section>
      {format === null ? null : (
        <section className="stack" aria-label={words.scaffold}>
          <h2>{words.scaffold}</h2>
          <p>{words.scaffold_text}</p>
          <Snippet
            label={words.scaffold}
            text={scaffoldCommand(hook.dialect, language === 'python' ? 'python' : 'node')}
          />
        </section>
      )}
      {read_only ? null : (
        <div>
          <Button onClick={() => change({ tab: 'test' })}>{words.send_test}</Button>
        </div>
      )}
    </div>
  );
};

/** The answer of the creation that led here. It is dropped from memory at once, so another visit does not show it. */
const useCreated = (id: string): CreatedHook | undefined => {
  const queries = useQueryClient();
  const [created] = useState(() => createdHook(queries, id));
  useEffect(() => {
    dropCreated(queries, id);
  }, [queries, id]);
  return created;
};

const Created = ({ hook }: { readonly hook: Hook }) => {
  const words = useWords().hook.receiver;
  const created = useCreated(hook.id);
  if (created === undefined) return null;
  return (
    <>
      <Notice tone="ok" live title={words.created}>
        {created.secret === null ? undefined : (
          <div className="stack">
            <p>{words.secret}</p>
            <SecretValue secret={created.secret} />
          </div>
        )}
      </Notice>
      {created.warnings.map(({ message }) => (
        <Notice key={message} tone="warn" title={message} />
      ))}
    </>
  );
};
