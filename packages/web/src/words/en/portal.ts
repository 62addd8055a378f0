/** The frame of the customer portal. */
export const portal = {
  pages: 'Pages',
  skip: 'Skip to the page',
  back: 'Back',
  unnamed: 'Webhooks',
  read_only: 'You can look at everything here, but this link does not allow changes.',
  not_found: 'This page does not exist',
  not_found_next: 'Choose another one from the navigation.',
  ended: {
    needs_link: {
      title: 'This page needs a new link',
      text: 'For your security, a link works once, and reloading the page ends the session.',
    },
    refused: {
      title: 'This link no longer works',
      text: 'It was used already, has expired or was revoked.',
    },
    expired: {
      title: 'Your session has ended',
      text: 'It has expired or was revoked. What you saved is kept.',
    },
    unreachable: {
      title: 'The server cannot be reached',
      text: 'The link was not used. Check your connection, then try again.',
    },
  },
  next_open: 'Open the page again from the place that linked to it.',
  next_asked: 'A new link was requested. If nothing happens, reload the page around this one.',
  ask: 'Request a new link',
  try_again: 'Try again',
  /** In place of the advice that only an operator can follow. */
  advice: {
    status_401:
      'The receiver refused the signature or the credentials. Compare the secret of the webhook with the one of the receiver.',
    address_blocked: 'The address is private or reserved. Use one that is reachable from the internet.',
  },
};

/** Parts of every page. */
export const design = {
  copy: 'Copy',
  copied: 'Copied',
  copy_failed: 'Copy failed: select the text instead',
  bytes: (count: string) => `${count} bytes`,
  truncated: '(the receiver sent more; the rest was not kept)',
  raw: 'Raw',
  indented: 'Indented',
  empty: '(empty)',
  show_rest: (count: string) => `Show the other ${count} characters`,
  try_again: 'Try again',
};

export const time = {
  just_now: 'just now',
  ago: (time_passed: string) => `${time_passed} ago`,
};
