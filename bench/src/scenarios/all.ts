import type { Scenario } from '../scenario.ts';
import { badHooks } from './bad-hooks.ts';
import { idle } from './idle.ts';
import { bullmq } from './bullmq.ts';
import { fanOut, peak, rates } from './peak.ts';
import { nodes } from './nodes.ts';
import { start } from './start.ts';
import { finished, pending } from './tables.ts';

/** In the order in which they run. */
export const scenarios: readonly Scenario[] = [
  peak,
  rates,
  fanOut,
  bullmq,
  nodes,
  pending,
  finished,
  badHooks,
  idle,
  start,
];
