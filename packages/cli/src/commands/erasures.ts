import type { Erasure } from '@bellwire/client';
import type { Out } from '../frame/out.ts';
import { apiVerb, type Noun } from '../frame/verb.ts';
import { printRecord } from '../print/record.ts';

/** Prints an erasure that has been started. */
export const printErasure = (out: Out, erasure: Erasure): void => {
  out.print(erasure, printRecord);
  if (erasure.status === 'running') out.note(`Follow it with: bellwire erasures get ${erasure.id}`);
};

const get = apiVerb<{ readonly erasure_id: string }>({
  usage: 'get <erasure_id>',
  about: 'Show an erasure with its progress.',
  more: 'When it has completed, the bytes are gone from the database file too. Backups keep them.',
  arguments: { erasure_id: 'the id that `tenants delete` or `workspaces delete` printed' },
  examples: ['erasures get ers_01jd7c3n8q1t4w7z0x2y5b8c1d'],
  run: async ({ erasures }, { erasure_id }, { out }) => printErasure(out, await erasures.get(erasure_id)),
});

export const erasures: Noun = {
  name: 'erasures',
  about: 'Jobs that delete everything of a customer or a workspace.',
  verbs: [get],
};
