/** What haproxy.cfg and nginx.conf of a balancer host share, because any client may connect there. */

/** Suites of TLS 1.2 with forward secrecy (Mozilla's intermediate profile). TLS 1.3 has no other suites. */
export const CIPHERS = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':')

/** For one year. */
export const HSTS = 'Strict-Transport-Security "max-age=31536000"'

/** Max connections of one frontend, and of these, max connections of one client address (IPv6: one /64). */
export const MAX_CONNECTIONS = 2000
export const MAX_CONNECTIONS_PER_ADDRESS = 500

/** Headers of the client that an application could trust, with the reason why the balancer removes them. */
export const UNTRUSTED_HEADERS = [
  {
    why: 'Only a proxy that asks a gateway sets these. Applications may read "_" or "." in a name as "-".',
    names: ['X-Auth-Request-User', 'X-Auth-Request-Name', 'X-Auth-Request-Email', 'X-Auth-Request-Groups'],
    patterns: ['^x[-_.]auth[-_.]request[-_.]'],
  },
  {
    why: 'Frameworks take the path, the method or the host from these instead of from the request.',
    names: [
      'X-Original-URL',
      'X-Original-URI',
      'X-Rewrite-URL',
      'X-HTTP-Method',
      'X-HTTP-Method-Override',
      'X-Method-Override',
      'Forwarded',
      'X-Forwarded-Port',
      'X-Forwarded-Prefix',
      'X-Forwarded-Uri',
      'X-Forwarded-Method',
    ],
    patterns: [
      '^(x[-_.])?forwarded([-_.]|$)',
      '^x[-_.](original[-_.]ur[il]|rewrite[-_.]url)$',
      '^x[-_.](http[-_.])?method([-_.]override)?$',
    ],
  },
] as const

/** Headers of the answers that the balancer makes itself. */
export const OWN_ANSWER_HEADERS = [
  ['Cache-Control', 'no-store'],
  [
    'Content-Security-Policy',
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  ],
  ['X-Content-Type-Options', 'nosniff'],
] as const

/** The body of the answer while no server is ready. */
export const unavailableBody = (name: 'applications' | 'gateways', dataCentre: string): string =>
  JSON.stringify({
    error: 'unavailable',
    message: `No ${name === 'gateways' ? 'gateway' : 'server'} of ${dataCentre} is ready. Try again.`,
  })
