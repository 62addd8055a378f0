import type { System } from '@bellwire/client';
import { useFilters } from '../../data/address.ts';
import { Failure } from '../../data/errors.tsx';
import { Empty } from '../../design/empty.tsx';
import { Chip, SearchBox, SelectFilter } from '../../design/filter.tsx';
import { Loading } from '../../design/loading.tsx';
import { Page } from '../../shell/page.tsx';
import { useSession } from '../../session/session-provider.tsx';
import { useSystem } from '../health/use-system.ts';
import './settings-page.css';

type Setting = System['settings'][number];

const ORIGINS: Readonly<Record<Setting['origin'], string>> = {
  default: 'default',
  flag: 'flag',
  environment: 'environment',
  file: 'bellwire.config.ts',
  local: '--local',
  code: 'program',
};

const valueOf = ({ value, is_secret, is_set }: Setting): string =>
  is_secret ? (is_set ? 'set' : 'not set') : (value ?? 'not set');

const matches = (setting: Setting, text: string, origin: string | undefined): boolean =>
  `${setting.name} ${setting.variable} ${setting.about}`.toLowerCase().includes(text.toLowerCase()) &&
  (origin === undefined || setting.origin === origin);

/** The settings of the server: what they are, where they come from, and what they do. */
export const SettingsPage = () => {
  const { scope } = useSession();
  const [filters, change] = useFilters();
  const { data, error, refetch } = useSystem();
  const shown = (data?.settings ?? []).filter((each) => matches(each, filters['q'] ?? '', filters['origin']));
  return (
    <Page
      title="Settings"
      fills
      tools={
        <>
          <SearchBox label="Search settings" onSearch={(q) => change({ q })} />
          <SelectFilter
            label="From"
            value={filters['origin']}
            options={Object.entries(ORIGINS)}
            onChange={(origin) => change({ origin })}
          />
          {filters['q'] === undefined ? null : (
            <Chip label="Contains" value={filters['q']} onClear={() => change({ q: null })} />
          )}
        </>
      }
    >
      {/* Without links or buttons inside, the keyboard needs the tab stop to scroll. */}
      <div className="page-body" role="region" aria-label="All settings" tabIndex={0}>
        {scope === 'admin' ? (
          <div className="stack settings">
            <p className="quiet">
              A flag wins over the environment, which wins over bellwire.config.ts. Changes need a restart of
              the server.
            </p>
            <Failure error={error} onRetry={() => void refetch()} />
            {data === undefined && error === null ? <Loading what="the settings" /> : null}
            <ul>
              {shown.map((setting) => (
                <SettingRow key={setting.name} setting={setting} />
              ))}
            </ul>
            {data !== undefined && shown.length === 0 ? <Empty title="No setting matches" /> : null}
          </div>
        ) : (
          <Empty title="Settings are for operators">
            They need an API key with the scope admin. Sign out, and sign in with one.
          </Empty>
        )}
      </div>
    </Page>
  );
};

const SettingRow = ({ setting }: { readonly setting: Setting }) => {
  const { variable, flag, origin, about, is_set } = setting;
  return (
    <li className="setting">
      <div className="setting-name">
        <code>{variable}</code>
        <code className="quiet">{flag}</code>
      </div>
      <div>
        <div className="inline">
          <span className={is_set ? 'mono strong break' : 'quiet'}>{valueOf(setting)}</span>
          <span className={origin === 'default' ? 'quiet' : 'setting-origin'}>{ORIGINS[origin]}</span>
        </div>
        <p className="quiet break">{about.replaceAll('`', '')}</p>
      </div>
    </li>
  );
};
