/** The samples of Prometheus text by name and labels. */
export const samplesOf = (text: string): Readonly<Record<string, number>> =>
  Object.fromEntries(
    [...text.matchAll(/^([^#\n].*) (\S+)$/gm)].map(([, name, value]) => [name, Number(value)]),
  );

/** The metrics of Prometheus text by name, with the names of their labels. Parts of a histogram have their own names. */
export const labelsOf = (text: string): ReadonlyMap<string, ReadonlySet<string>> => {
  const found = new Map<string, Set<string>>();
  for (const series of Object.keys(samplesOf(text))) {
    const [, name = '', labels = ''] = /^(\w+)(.*)$/.exec(series) ?? [];
    const known = found.get(name) ?? new Set();
    for (const [, label = ''] of labels.matchAll(/(\w+)="/g)) known.add(label);
    found.set(name, known);
  }
  return found;
};

const UNITS = /_(?:milliseconds|ms|minutes|hours|days|kilobytes|kb|megabytes|mb|bits)(?:_|$)/;

/** The name of the metric that a series belongs to. */
const baseOf = (name: string, types: ReadonlyMap<string, string>): string => {
  const base = name.replace(/_(?:bucket|sum|count)$/, '');
  return types.get(base) === 'histogram' ? base : name;
};

const problemsOf = (name: string, type: string | undefined, has_help: boolean): readonly string[] =>
  [
    has_help ? '' : 'no HELP',
    type === undefined ? 'no TYPE' : '',
    type === 'counter' && !name.endsWith('_total') ? 'a counter ends in _total' : '',
    type !== undefined && type !== 'counter' && name.endsWith('_total')
      ? 'only a counter ends in _total'
      : '',
    UNITS.test(name) ? 'use seconds and bytes' : '',
    /^[a-z][a-z0-9_]*$/.test(name) ? '' : 'the name is not snake_case',
  ]
    .filter((problem) => problem !== '')
    .map((problem) => `${name}: ${problem}`);

/** The problems that `promtool check metrics` would report. */
export const lintMetrics = (text: string): readonly string[] => {
  const help = new Set([...text.matchAll(/^# HELP (\S+) \S/gm)].map(([, name]) => name));
  const types = new Map(
    [...text.matchAll(/^# TYPE (\S+) (\w+)$/gm)].map(([, name = '', type = '']) => [name, type]),
  );
  const series = [...text.matchAll(/^([^#\n].*) \S+$/gm)].map(([, name = '']) => name);
  const names = new Set(series.map((name) => baseOf(name.split('{')[0] ?? '', types)));
  const duplicates = series.filter((name, index) => series.indexOf(name) !== index);
  return [
    ...[...names, ...[...types.keys()].filter((name) => !names.has(name))].flatMap((name) =>
      problemsOf(name, types.get(name), help.has(name)),
    ),
    ...duplicates.map((name) => `${name}: duplicate series`),
  ];
};
