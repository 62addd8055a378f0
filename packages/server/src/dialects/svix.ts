import { defineDialect } from './define-dialect.ts';

/** Svix's format: the event's data unchanged, signed as in Standard Webhooks under Svix's header names. */
export const svix = defineDialect({
  name: 'svix',
  envelope: ({ event }) => event.data,
  header_names: { id: 'svix-id', timestamp: 'svix-timestamp', signature: 'svix-signature' },
  methods: ['POST'],
  content_types: ['application/json'],
});
