/** Example values of the documentation. */
export const EXAMPLE = {
  workspace_id: 'ws_01jd7a2m4x8q5v9t3c6n0r1yke',
  hook_id: 'wh_01jd7a9f3k5w2q8z6m4v0t7xbc',
  event_id: 'evt_01jd7b1c8r4n6s2y0p5h9g3kmd',
  delivery_id: 'dlv_01jd7b1c8r9t3v7w5x2z4q6mna',
  attempt_id: 'att_01jd7b1d0f6g8h2j4k5m7n9pqr',
  key_id: 'key_01jd79z5s7t9v1w3x5y8z0a2bc',
  audit_id: 'aud_01jd7c4e6g8h0j2k4m6n8p1qrs',
  tenant: 'cus_42',
  metadata: { plan: 'team' },
  url: 'https://shop.example.com/webhooks',
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  event_type: 'order.created',
  data: { order_id: 'ord_1042', total: '129.00' },
  time: '2026-11-21T10:30:00.000Z',
  later: '2026-11-21T10:30:00.182Z',
  cursor: 'YWZ0ZXI6ZXZ0XzAxamQ3YjFjOHI0bjZzMnkwcDVoOWcza21k',
} as const;
