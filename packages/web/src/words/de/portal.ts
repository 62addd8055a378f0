import type { Words } from '../words.ts';

/** Der Rahmen des Kundenportals. */
export const portal: Words['portal'] = {
  pages: 'Seiten',
  skip: 'Zur Seite springen',
  back: 'Zurück',
  unnamed: 'Webhooks',
  read_only: 'Sie können hier alles ansehen, aber dieser Link erlaubt keine Änderungen.',
  not_found: 'Diese Seite gibt es nicht',
  not_found_next: 'Wählen Sie eine andere aus der Navigation.',
  ended: {
    needs_link: {
      title: 'Diese Seite braucht einen neuen Link',
      text: 'Zu Ihrer Sicherheit funktioniert ein Link nur einmal, und das Neuladen der Seite beendet die Sitzung.',
    },
    refused: {
      title: 'Dieser Link funktioniert nicht mehr',
      text: 'Er wurde schon benutzt, ist abgelaufen oder wurde widerrufen.',
    },
    expired: {
      title: 'Ihre Sitzung ist beendet',
      text: 'Sie ist abgelaufen oder wurde widerrufen. Was Sie gespeichert haben, bleibt erhalten.',
    },
    unreachable: {
      title: 'Der Server ist nicht erreichbar',
      text: 'Der Link wurde nicht benutzt. Prüfen Sie Ihre Verbindung und versuchen Sie es dann erneut.',
    },
  },
  next_open: 'Öffnen Sie die Seite noch einmal dort, wo Sie den Link gefunden haben.',
  next_asked:
    'Ein neuer Link wurde angefordert. Wenn nichts geschieht, laden Sie die Seite um diesen Bereich neu.',
  ask: 'Neuen Link anfordern',
  try_again: 'Erneut versuchen',
  advice: {
    status_401:
      'Der Empfänger hat die Signatur oder die Zugangsdaten abgelehnt. Vergleichen Sie das Secret des Webhooks mit dem des Empfängers.',
    address_blocked:
      'Die Adresse ist privat oder reserviert. Verwenden Sie eine, die aus dem Internet erreichbar ist.',
  },
};

export const design: Words['design'] = {
  copy: 'Kopieren',
  copied: 'Kopiert',
  copy_failed: 'Kopieren fehlgeschlagen: Markieren Sie den Text',
  bytes: (count) => `${count} Bytes`,
  truncated: '(der Empfänger hat mehr gesendet; der Rest wurde nicht aufbewahrt)',
  raw: 'Unverändert',
  indented: 'Eingerückt',
  empty: '(leer)',
  show_rest: (count) => `Die weiteren ${count} Zeichen zeigen`,
  try_again: 'Erneut versuchen',
};

export const time: Words['time'] = {
  just_now: 'gerade eben',
  ago: (time_passed) => `vor ${time_passed}`,
};
