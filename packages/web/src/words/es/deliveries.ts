import { numberText } from '../../design/locale.ts';
import type { Words } from '../words.ts';

/** La lista de entregas. */
export const deliveries: Words['deliveries'] = {
  title: 'Entregas',
  columns: {
    state: 'Estado',
    event: 'Evento',
    hook: 'Webhook',
    http: 'HTTP',
    took: 'Duración',
    ago: 'Hace',
  },
  search: 'Buscar por id',
  live: (per_minute) => (per_minute === 0 ? 'En directo' : `En directo, ${per_minute} por minuto`),
  not_live: 'Sin conexión en directo: reconectando',
  new_rows: (count) => `${count} nuevas: ir al principio`,
  any: 'todos',
  filters: {
    status: 'Estado',
    hook: 'Webhook',
    type: 'Evento',
    outcome: 'Resultado',
    time: 'Tiempo',
    tenant: 'Cliente',
  },
  times: { '15m': '15 min', '1h': '1 h', '24h': '24 h', '7d': '7 d' },
  clear: 'Quitar los filtros',
  none_title: 'Todavía no hay entregas',
  none: 'Un evento crea una entrega para cada webhook suscrito a su tipo.',
  no_match_title: 'Ninguna entrega coincide con los filtros',
  no_match: 'Un periodo más largo o menos filtros quizá la muestren.',
  limit: 'La lista termina en 100.000 entregas. Use más filtros para ver las anteriores.',
  pick: 'Marcar esta entrega',
  resend: {
    all: 'Recuperar todas…',
    marked: (count) => `Recuperar ${numberText(count)}…`,
    clear: 'Quitar las marcas',
    text: 'Vuelve a enviar estas entregas, primero las más antiguas. Cada una empieza de nuevo sus intentos.',
    old: 'Algunas tienen más de un día: muchos receptores recuerdan los ids solo un día y podrían procesar el evento por segunda vez.',
  },
  loading: 'Cargando entregas…',
};

/** Una entrega. */
export const delivery: Words['delivery'] = {
  to: (type, hook) => `${type} a ${hook}`,
  back: 'Entregas',
  close: 'Cerrar',
  redeliver: 'Volver a entregar ahora',
  redelivering: 'Enviando…',
  copy_curl: 'Copiar como curl',
  copy_link: 'Copiar el enlace',
  debug_signature: 'Depurar la firma',
  tabs: { request: 'Petición', response: 'Respuesta', attempts: 'Intentos' },
  earlier: 'Mostrar intentos anteriores',
  redelivered: (ok) => (ok ? 'Entregada.' : 'El intento falló.'),
  old_title: 'Este evento tiene más de un día',
  old: 'Muchos receptores recuerdan los ids solo un día y podrían procesarlo por segunda vez. Vuelva a entregarlo solo si el receptor reconoce duplicados o nunca lo recibió.',
  blocked_title: 'Espera a una entrega anterior de su orden',
  blocked: 'El webhook recibe estos eventos de uno en uno. Antes va',
  skip_blocker: 'Omitir esa entrega',
  skipping: 'Omitiendo…',
  redeliver_anyway: 'Volver a entregar de todos modos',
  cancel: 'Cancelar',
  attempt_of: (number, of) => (of === null ? `intento ${number}` : `intento ${number} de ${of}`),
  responded: (status) => `El receptor respondió con el estado ${status}.`,
  after: (took) => `tras ${took}`,
  next_try: 'Bellwire lo intenta de nuevo en',
  nothing_lost: 'No se pierde nada.',
  holds: {
    breaker: 'El receptor sigue fallando; la entrega espera hasta que una prueba tenga éxito.',
    rate_limit: 'La entrega espera por el límite de frecuencia del webhook.',
    order: 'La entrega espera a una anterior de su orden.',
  },
  held_until: { breaker: 'Próxima prueba en', rate_limit: 'Le toca en unos', order: 'Le toca en unos' },
  no_attempt: 'Todavía no hubo ningún intento.',
  no_request: 'No se envió nada.',
  no_response: 'No se recibió respuesta.',
  payload_removed: 'El cuerpo se eliminó con los datos del evento.',
  timing: 'Duración',
  timeline: 'Cronología',
  next_retry: 'próximo reintento',
  headers: 'Cabeceras',
  body: 'Cuerpo',
  status: 'Estado',
  address: 'Dirección',
  sent_to: 'Enviada a',
  event: 'Evento',
  webhook: 'Webhook',
  tenant: 'Cliente',
  trigger: 'Origen',
  phases: { dns: 'DNS', connect: 'conexión', tls: 'TLS', waiting: 'espera', rest: 'resto' },
  reused: 'en una conexión abierta',
};

/** Qué hacer tras un error. */
export const advice: Words['advice'] = {
  status_2xx: '',
  status_3xx: 'Las redirecciones no se siguen. Cambie la URL del webhook por la definitiva.',
  status_401:
    'El receptor rechazó la firma o las credenciales. Compare el secreto del webhook con el del receptor; «Depurar la firma» explica una diferencia.',
  status_404: 'El receptor no tiene esa ruta. Compruebe la URL del webhook.',
  status_410: 'El receptor indica que ya no existe, así que Bellwire ha desactivado el webhook.',
  status_413:
    'El evento es demasiado grande para el receptor. Aumente el tamaño permitido en su servidor o proxy.',
  status_429: 'El receptor pide menos peticiones. Bellwire espera el tiempo que pide.',
  status_4xx: 'El receptor rechazó la petición. Su respuesta, abajo, suele decir por qué.',
  status_5xx: 'El receptor falló al procesar la petición. Sus propios registros dicen por qué.',
  timeout:
    'El receptor tardó demasiado. Debería responder al instante y procesar el evento después, o se puede aumentar el tiempo límite del webhook.',
  connection_failed:
    'No fue posible conectar. Compruebe que el receptor funciona y que un cortafuegos permite llegar a él.',
  tls_failed: 'El certificado del receptor no es válido para esta conexión. Renuévelo o sustitúyalo.',
  dns_failed: 'No se pudo resolver el nombre del host. Compruebe la URL y los registros DNS.',
  address_blocked:
    'La dirección es privada o reservada, y los ajustes de este servidor no la permiten. Un operador puede permitir su red.',
  response_invalid: 'El receptor no respondió en HTTP. Compruebe el puerto y el protocolo de la URL.',
  interrupted:
    'El servidor que envía se detuvo o no pudo completar el intento, así que el receptor puede haberla recibido. Se envía de nuevo.',
  held: 'El webhook no está activo, así que sus entregas se guardan. Actívelo y después recupérelas.',
};
