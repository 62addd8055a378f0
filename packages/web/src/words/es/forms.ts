import type { Words } from '../words.ts';

/** Los formularios. */
export const forms: Words['forms'] = {
  general: {
    title: 'Añadir webhook',
    create: 'Crear',
    save: 'Guardar',
    send_test: 'Enviar evento de prueba',
    activate: 'Activar',
    texts: {},
  },
  q2: {
    title: 'Añadir webhook',
    create: 'Añadir webhook',
    save: 'Actualizar',
    texts: {
      url: { label: 'URL', hint: 'La URL del servidor que recibe las peticiones POST del webhook.' },
      secret: {
        label: 'Secreto',
        hint: 'Una cadena aleatoria con mucha entropía. Con ella se calcula la cabecera X-Q2-Signature-256 de cada petición. Vacío: Bellwire genera una.',
      },
      ssl: {
        label: 'Activar la verificación SSL',
        hint: 'Verifica el certificado SSL de su sitio en cada entrega. Recomendado.',
      },
      events: { label: 'Disparador', hint: 'Los eventos que se envían al webhook.' },
    },
    delivery_tabs: { request: 'Peticiones', response: 'Respuestas' },
  },
  connect2print: {
    title: 'Crear webhook',
    create: 'Guardar',
    save: 'Guardar',
    texts: {
      url: { label: 'URL', hint: 'La URL de su receptor. Se requiere HTTPS.' },
      events: { label: 'Eventos', hint: 'Elija los eventos que quiere recibir.' },
      secret: {
        label: 'Secreto',
        hint: 'Se genera automáticamente para verificar la firma. Cópielo después de guardar.',
      },
      active: { label: 'Activo', hint: 'Activa o desactiva el webhook.' },
    },
    send_test: 'Enviar evento de prueba',
  },
  activities: {
    title: 'Crear webhook',
    create: 'Crear',
    texts: {
      name: { label: 'Nombre', hint: 'Un nombre único y descriptivo.' },
      url: { label: 'URL de callback', hint: 'La URL a la que se envían los eventos.' },
      method: { label: 'Método', hint: 'Normalmente POST.' },
      content_type: { label: 'Content-Type', hint: 'Normalmente application/json.' },
      max_attempts: {
        label: 'Reintentos',
        hint: 'Cuántas veces vuelve a enviar los datos si el primer intento falla: de 0 a 19.',
      },
      active: { label: 'Estado', hint: 'Marque la casilla para activar el webhook.' },
      secret: {
        label: 'Secreto (opcional)',
        hint: 'Con un secreto, cada petición lleva una firma en la cabecera X-Signature.',
      },
      events: { label: 'Eventos', hint: 'Los eventos que disparan el webhook.' },
    },
  },
  casesolved: {
    title: 'Añadir webhook',
    create: 'Añadir webhook',
    texts: {
      url: {
        label: 'Endpoint',
        hint: 'Su endpoint. Debe poder responder a un evento «Webhook Validate».',
      },
      secret: {
        label: 'Secreto',
        hint: 'Opcional. Se envía en la cabecera X-Webhook-Secret de todas las peticiones.',
      },
      events: { label: 'Eventos', hint: 'Elija al menos un evento.' },
    },
  },
};
