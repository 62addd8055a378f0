import type { Words } from '../words.ts';

/** El marco del portal de clientes. */
export const portal: Words['portal'] = {
  pages: 'Páginas',
  skip: 'Ir a la página',
  back: 'Volver',
  unnamed: 'Webhooks',
  read_only: 'Aquí puede verlo todo, pero este enlace no permite cambios.',
  not_found: 'Esta página no existe',
  not_found_next: 'Elija otra en la navegación.',
  ended: {
    needs_link: {
      title: 'Esta página necesita un enlace nuevo',
      text: 'Por su seguridad, un enlace funciona una sola vez, y recargar la página termina la sesión.',
    },
    refused: {
      title: 'Este enlace ya no funciona',
      text: 'Ya se usó, ha caducado o fue revocado.',
    },
    expired: {
      title: 'Su sesión ha terminado',
      text: 'Ha caducado o fue revocada. Lo que guardó se conserva.',
    },
    unreachable: {
      title: 'No se puede acceder al servidor',
      text: 'El enlace no se ha usado. Compruebe su conexión y vuelva a intentarlo.',
    },
  },
  next_open: 'Abra de nuevo la página desde el lugar que enlazó con ella.',
  next_asked: 'Se ha pedido un enlace nuevo. Si no ocurre nada, recargue la página que contiene esta.',
  ask: 'Pedir un enlace nuevo',
  try_again: 'Reintentar',
  advice: {
    status_401:
      'El receptor rechazó la firma o las credenciales. Compare el secreto del webhook con el del receptor.',
    address_blocked: 'La dirección es privada o reservada. Use una accesible desde internet.',
  },
};

export const design: Words['design'] = {
  copy: 'Copiar',
  copied: 'Copiado',
  copy_failed: 'No se pudo copiar: seleccione el texto',
  bytes: (count) => `${count} bytes`,
  truncated: '(el receptor envió más; el resto no se guardó)',
  raw: 'Original',
  indented: 'Con sangría',
  empty: '(vacío)',
  show_rest: (count) => `Mostrar los otros ${count} caracteres`,
  try_again: 'Reintentar',
};

export const time: Words['time'] = {
  just_now: 'ahora mismo',
  ago: (time_passed) => `hace ${time_passed}`,
};
