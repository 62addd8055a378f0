import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { labelsOf } from '../support/prometheus.ts';
import { startServer } from '../support/running-server.ts';

interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[];
  }[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly query: string }[] };
}

const dashboard = JSON.parse(
  readFileSync(new URL('../../docs/grafana-dashboard.json', import.meta.url), 'utf8'),
) as Dashboard;

/** Labels that Prometheus adds. */
const ADDED = ['job', 'instance'];

const METRIC = /\b(?:bellwire|process|nodejs)_\w+/g;

/** The metrics and labels of a query that do not exist. */
const missingIn = (
  { expr, legendFormat }: { readonly expr: string; readonly legendFormat: string },
  known: ReadonlyMap<string, ReadonlySet<string>>,
): readonly string[] => {
  const names = expr.match(METRIC) ?? [];
  const labels = [
    ...[...expr.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"/g)].map(([, label = '']) => label),
    ...[...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/,\s*/)),
    ...[...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label),
  ];
  const of_query = new Set([...ADDED, ...names.flatMap((name) => [...(known.get(name) ?? [])])]);
  return [
    ...(names.length === 0 ? ['a metric'] : names.filter((name) => !known.has(name))),
    ...labels.filter((label) => !of_query.has(label)),
  ];
};

it('every metric and label in the queries of the dashboard exists from the first scrape', async () => {
  await using server = await startServer();
  const known = labelsOf((await server.api('GET /metrics')).text);
  for (const { title, targets } of dashboard.panels) {
    for (const target of targets) expect([title, missingIn(target, known)]).toEqual([title, []]);
  }
  for (const { name, query } of dashboard.templating.list) {
    for (const metric of query.match(METRIC) ?? []) expect([name, known.has(metric)]).toEqual([name, true]);
  }
});

it('the dashboard shows every metric of Bellwire', async () => {
  await using server = await startServer();
  const known = [...labelsOf((await server.api('GET /metrics')).text).keys()];
  const shown = new Set(
    dashboard.panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => expr.match(METRIC) ?? [])),
  );
  const shownAs = (name: string): boolean =>
    [...shown].some(
      (used) => used.replace(/_(?:bucket|sum|count)$/, '') === name.replace(/_(?:bucket|sum|count)$/, ''),
    );
  expect(known.filter((name) => name.startsWith('bellwire_') && !shownAs(name))).toEqual([]);
});

it('a query with an unknown metric or label is noticed', () => {
  const known = new Map([['bellwire_a_total', new Set(['status'])]]);
  const missing = (expr: string, legendFormat = ''): readonly string[] =>
    missingIn({ expr, legendFormat }, known);
  expect(missing('sum by (status) (rate(bellwire_a_total{job=~"x"}[5m]))', '{{status}}')).toEqual([]);
  expect(missing('bellwire_b_total')).toEqual(['bellwire_b_total']);
  expect(missing('bellwire_a_total{hook="x"}')).toEqual(['hook']);
  expect(missing('sum by (route) (bellwire_a_total)')).toEqual(['route']);
  expect(missing('bellwire_a_total', '{{tenant}}')).toEqual(['tenant']);
  expect(missing('1')).toEqual(['a metric']);
});
