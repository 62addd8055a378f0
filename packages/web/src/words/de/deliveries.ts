import { numberText } from '../../design/locale.ts';
import type { Words } from '../words.ts';

/** Die Liste der Zustellungen. */
export const deliveries: Words['deliveries'] = {
  title: 'Zustellungen',
  columns: {
    state: 'Zustand',
    event: 'Ereignis',
    hook: 'Webhook',
    http: 'HTTP',
    took: 'Dauer',
    ago: 'Vor',
  },
  search: 'Nach ID suchen',
  live: (per_minute) => (per_minute === 0 ? 'Live' : `Live, ${per_minute} pro Minute`),
  not_live: 'Nicht live: Verbindung wird hergestellt',
  new_rows: (count) => `${count} neue: zum Anfang`,
  any: 'alle',
  filters: {
    status: 'Status',
    hook: 'Webhook',
    type: 'Ereignis',
    outcome: 'Ergebnis',
    time: 'Zeit',
    tenant: 'Mandant',
  },
  times: { '15m': '15 min', '1h': '1 h', '24h': '24 h', '7d': '7 Tage' },
  clear: 'Filter entfernen',
  none_title: 'Noch keine Zustellungen',
  none: 'Ein Ereignis erzeugt eine Zustellung für jeden Webhook, der seinen Typ abonniert hat.',
  no_match_title: 'Keine Zustellung passt zu den Filtern',
  no_match: 'Ein längerer Zeitraum oder weniger Filter zeigen sie vielleicht.',
  limit: 'Die Liste endet bei 100.000 Zustellungen. Ältere sehen Sie mit engeren Filtern.',
  pick: 'Diese Zustellung markieren',
  resend: {
    all: 'Alle nachholen …',
    marked: (count) => `${numberText(count)} nachholen …`,
    clear: 'Markierungen entfernen',
    text: 'Sendet diese Zustellungen erneut, die älteste zuerst. Jede beginnt ihre Versuche von vorn.',
    old: 'Einige sind älter als ein Tag: Viele Empfänger merken sich IDs nur einen Tag lang und verarbeiten ein solches Ereignis vielleicht ein zweites Mal.',
  },
  loading: 'Zustellungen werden geladen …',
};

/** Eine Zustellung. */
export const delivery: Words['delivery'] = {
  to: (type, hook) => `${type} an ${hook}`,
  back: 'Zustellungen',
  close: 'Schließen',
  redeliver: 'Jetzt erneut zustellen',
  redelivering: 'Wird gesendet …',
  copy_curl: 'Als curl kopieren',
  copy_link: 'Link kopieren',
  debug_signature: 'Signatur untersuchen',
  tabs: { request: 'Anfrage', response: 'Antwort', attempts: 'Versuche' },
  earlier: 'Frühere Versuche zeigen',
  redelivered: (ok) => (ok ? 'Zugestellt.' : 'Der Versuch ist gescheitert.'),
  old_title: 'Dieses Ereignis ist älter als ein Tag',
  old: 'Viele Empfänger merken sich IDs nur einen Tag lang und verarbeiten es vielleicht ein zweites Mal. Stellen Sie es nur erneut zu, wenn der Empfänger Doppeltes erkennt oder es nie erhalten hat.',
  blocked_title: 'Wartet auf eine frühere Zustellung ihrer Reihenfolge',
  blocked: 'Der Webhook erhält diese Ereignisse einzeln nacheinander. Zuerst kommt',
  skip_blocker: 'Diese Zustellung überspringen',
  skipping: 'Wird übersprungen …',
  redeliver_anyway: 'Trotzdem erneut zustellen',
  cancel: 'Abbrechen',
  attempt_of: (number, of) => (of === null ? `Versuch ${number}` : `Versuch ${number} von ${of}`),
  responded: (status) => `Der Empfänger hat mit Status ${status} geantwortet.`,
  after: (took) => `nach ${took}`,
  next_try: 'Bellwire versucht es erneut in',
  nothing_lost: 'Nichts geht verloren.',
  holds: {
    breaker: 'Der Empfänger scheitert immer wieder; die Zustellung wartet, bis eine Probe gelingt.',
    rate_limit: 'Die Zustellung wartet auf das Ratenlimit des Webhooks.',
    order: 'Die Zustellung wartet auf eine frühere ihrer Reihenfolge.',
  },
  held_until: {
    breaker: 'Nächste Probe in',
    rate_limit: 'Sie ist an der Reihe in etwa',
    order: 'Sie ist an der Reihe in etwa',
  },
  no_attempt: 'Es gab noch keinen Versuch.',
  no_request: 'Nichts wurde gesendet.',
  no_response: 'Keine Antwort wurde empfangen.',
  payload_removed: 'Der Inhalt wurde mit den Daten des Ereignisses entfernt.',
  timing: 'Dauer',
  timeline: 'Verlauf',
  next_retry: 'nächster Versuch',
  headers: 'Header',
  body: 'Inhalt',
  status: 'Status',
  address: 'Adresse',
  sent_to: 'Gesendet an',
  event: 'Ereignis',
  webhook: 'Webhook',
  tenant: 'Mandant',
  trigger: 'Auslöser',
  phases: { dns: 'DNS', connect: 'Verbinden', tls: 'TLS', waiting: 'Warten', rest: 'Rest' },
  reused: 'auf einer offenen Verbindung',
};

/** Der Rat nach einem Fehler. */
export const advice: Words['advice'] = {
  status_2xx: '',
  status_3xx: 'Weiterleitungen werden nicht verfolgt. Tragen Sie im Webhook die endgültige URL ein.',
  status_401:
    'Der Empfänger hat die Signatur oder die Zugangsdaten abgelehnt. Vergleichen Sie das Secret des Webhooks mit dem des Empfängers; „Signatur untersuchen“ erklärt eine Abweichung.',
  status_404: 'Der Empfänger hat keinen solchen Pfad. Prüfen Sie die URL des Webhooks.',
  status_410:
    'Der Empfänger meldet, dass es ihn nicht mehr gibt; deshalb hat Bellwire den Webhook deaktiviert.',
  status_413:
    'Das Ereignis ist zu groß für den Empfänger. Erhöhen Sie die zulässige Größe in seinem Server oder Proxy.',
  status_429: 'Der Empfänger bittet um weniger Anfragen. Bellwire wartet so lange, wie er verlangt.',
  status_4xx: 'Der Empfänger hat die Anfrage abgelehnt. Seine Antwort unten nennt meist den Grund.',
  status_5xx:
    'Im Empfänger ist bei der Verarbeitung der Anfrage ein Fehler aufgetreten. Sein Log nennt den Grund.',
  timeout:
    'Der Empfänger hat zu lange gebraucht. Er sollte sofort antworten und das Ereignis danach verarbeiten; oder erhöhen Sie das Zeitlimit des Webhooks.',
  connection_failed:
    'Es kam keine Verbindung zustande. Prüfen Sie, ob der Empfänger läuft und eine Firewall ihn erreichen lässt.',
  tls_failed:
    'Das Zertifikat des Empfängers ist für diese Verbindung nicht gültig. Erneuern oder ersetzen Sie es.',
  dns_failed:
    'Der Hostname ließ sich nicht auflösen. Prüfen Sie die Schreibweise der URL und die DNS-Einträge.',
  address_blocked:
    'Die Adresse ist privat oder reserviert, und die Einstellungen dieses Servers erlauben sie nicht. Ein Betreiber kann ihr Netz erlauben.',
  response_invalid:
    'Der Empfänger hat nicht in HTTP geantwortet. Prüfen Sie den Port und das Protokoll der URL.',
  interrupted:
    'Der sendende Server wurde beendet oder konnte den Versuch nicht ausführen; der Empfänger kann die Anfrage erhalten haben. Sie wird erneut gesendet.',
  held: 'Der Webhook ist nicht aktiv, daher werden seine Zustellungen aufbewahrt. Aktivieren Sie ihn und holen Sie sie dann nach.',
};
