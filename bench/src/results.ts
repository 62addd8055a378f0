import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { pictureOf } from './picture.ts';
import { type Measured, reportOf } from './report.ts';
import { scenarios } from './scenarios/all.ts';

const fileOf = (name: string): URL => new URL(`../${name}`, import.meta.url);

const earlier = (): readonly Measured[] => {
  const file = fileOf('results.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as readonly Measured[]) : [];
};

/** Writes the results, as data, text and picture. Those of scenarios that were not measured now stay. */
export const writeResults = async (measured: readonly Measured[]): Promise<void> => {
  const latest = new Map([...earlier(), ...measured].map((one) => [one.id, one]));
  const all = scenarios.flatMap(({ id }) => latest.get(id) ?? []);
  await writeFile(fileOf('results.json'), `${JSON.stringify(all, null, 2)}\n`);
  await writeFile(fileOf('results.md'), reportOf(all));
  await writeFile(fileOf('results.svg'), pictureOf(all));
};
