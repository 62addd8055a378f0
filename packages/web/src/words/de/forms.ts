import type { Words } from '../words.ts';

/** Die Formulare. */
export const forms: Words['forms'] = {
  general: {
    title: 'Webhook hinzufügen',
    create: 'Anlegen',
    save: 'Speichern',
    send_test: 'Testereignis senden',
    activate: 'Aktivieren',
    texts: {},
  },
  q2: {
    title: 'Webhook hinzufügen',
    create: 'Webhook hinzufügen',
    save: 'Aktualisieren',
    texts: {
      url: { label: 'URL', hint: 'Die URL des Servers, der die Webhook-POST-Anfragen empfängt.' },
      secret: {
        label: 'Secret',
        hint: 'Eine zufällige Zeichenfolge mit hoher Entropie. Mit ihr wird der Header X-Q2-Signature-256 jeder Anfrage berechnet. Leer: Bellwire erzeugt eine.',
      },
      ssl: {
        label: 'SSL-Prüfung einschalten',
        hint: 'Prüft das SSL-Zertifikat Ihrer Website bei der Zustellung. Empfohlen.',
      },
      events: { label: 'Auslöser', hint: 'Die Ereignisse, die an den Webhook gesendet werden.' },
    },
    delivery_tabs: { request: 'Anfragen', response: 'Antworten' },
  },
  connect2print: {
    title: 'Neuen Webhook anlegen',
    create: 'Speichern',
    save: 'Speichern',
    texts: {
      url: { label: 'URL', hint: 'Die URL Ihres Empfängers. HTTPS ist erforderlich.' },
      events: { label: 'Ereignisse', hint: 'Wählen Sie die Ereignisse, die Sie empfangen möchten.' },
      secret: {
        label: 'Secret',
        hint: 'Wird für die Prüfung der Signatur automatisch erzeugt. Kopieren Sie es nach dem Speichern.',
      },
      active: { label: 'Aktiv', hint: 'Schaltet den Webhook ein oder aus.' },
    },
    send_test: 'Testereignis senden',
  },
  activities: {
    title: 'Webhook anlegen',
    create: 'Anlegen',
    texts: {
      name: { label: 'Name', hint: 'Ein eindeutiger, beschreibender Name.' },
      url: { label: 'Callback-URL', hint: 'Die URL, an die die Ereignisse gesendet werden.' },
      method: { label: 'Methode', hint: 'Üblicherweise POST.' },
      content_type: { label: 'Content-Type', hint: 'Üblicherweise application/json.' },
      max_attempts: {
        label: 'Weitere Versuche',
        hint: 'Wie oft der Webhook die Daten nach einem gescheiterten ersten Versuch erneut sendet: 0 bis 19.',
      },
      active: { label: 'Status', hint: 'Setzen Sie den Haken, um den Webhook zu aktivieren.' },
      secret: {
        label: 'Secret (optional)',
        hint: 'Mit einem Secret hat jede Anfrage eine Signatur im Header X-Signature.',
      },
      events: { label: 'Ereignisse', hint: 'Die Ereignisse, die den Webhook auslösen.' },
    },
  },
  casesolved: {
    title: 'Webhook hinzufügen',
    create: 'Webhook hinzufügen',
    texts: {
      url: {
        label: 'Endpunkt',
        hint: 'Ihr Endpunkt. Er muss ein Ereignis „Webhook Validate“ beantworten können.',
      },
      secret: {
        label: 'Secret',
        hint: 'Optional. Es wird im Header X-Webhook-Secret jeder Webhook-Anfrage gesendet.',
      },
      events: { label: 'Ereignisse', hint: 'Wählen Sie mindestens ein Webhook-Ereignis.' },
    },
  },
};
