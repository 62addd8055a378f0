import { advice, deliveries, delivery } from './es/deliveries.ts';
import { forms } from './es/forms.ts';
import { hook } from './es/hook.ts';
import { design, portal, time } from './es/portal.ts';
import { hook_form, webhooks } from './es/webhooks.ts';
import type { Words } from './words.ts';

/** Spanish. */
export const es: Words = {
  locale: { numbers: 'es', times: 'es', now: 'ahora' },
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
    succeeded: 'Con éxito',
    failed: 'Fallida',
    held: 'Retenida',
    canceled: 'Cancelada',
    sending: 'Enviando',
    pending: 'En espera',
    retrying: 'Reintentando',
  },
  triggers: {
    scheduled: 'programada',
    manual: 'manual',
    recovery: 'recuperación',
    ping: 'ping',
    test: 'prueba',
    validate: 'validación',
  },
  outcomes: {
    succeeded: 'Con éxito',
    http_status: 'Estado HTTP',
    timeout: 'Tiempo límite',
    connection_failed: 'Conexión',
    tls_failed: 'TLS',
    dns_failed: 'DNS',
    address_blocked: 'Bloqueada',
    response_invalid: 'Respuesta no válida',
    interrupted: 'Interrumpida',
  },
};
