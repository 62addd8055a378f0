import { advice, deliveries, delivery } from './de/deliveries.ts';
import { forms } from './de/forms.ts';
import { hook } from './de/hook.ts';
import { design, portal, time } from './de/portal.ts';
import { hook_form, webhooks } from './de/webhooks.ts';
import type { Words } from './words.ts';

/** German. */
export const de: Words = {
  locale: { numbers: 'de', times: 'de', now: 'jetzt' },
  webhooks,
  hook,
  hook_form,
  forms,
  portal,
  design,
  time,
  deliveries,
  delivery,
  advice,
  status: {
    succeeded: 'Erfolgreich',
    failed: 'Gescheitert',
    held: 'Angehalten',
    canceled: 'Storniert',
    sending: 'Wird gesendet',
    pending: 'Wartet',
    retrying: 'Wiederholt',
  },
  triggers: {
    scheduled: 'planmäßig',
    manual: 'von Hand',
    recovery: 'nachgeholt',
    ping: 'Ping',
    test: 'Test',
    validate: 'Prüfung',
  },
  outcomes: {
    succeeded: 'Erfolgreich',
    http_status: 'HTTP-Status',
    timeout: 'Zeitlimit',
    connection_failed: 'Verbindung',
    tls_failed: 'TLS',
    dns_failed: 'DNS',
    address_blocked: 'Gesperrt',
    response_invalid: 'Ungültige Antwort',
    interrupted: 'Unterbrochen',
  },
};
