import { X509Certificate } from 'node:crypto'
import { TlsFailedError, type TlsFailure } from '../errors.ts'
import type { TlsOptions } from './tls.ts'

/** Converts an error of Node or OpenSSL to a TLS error of the server `where`. Returns null if it is not a known TLS error. */
export function tlsFailure(where: string, tls: TlsOptions, error: unknown): TlsFailedError | null {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const [, alert] = ALERT_CODE.exec(code) ?? []
  const sentence = alert === undefined ? FOUND_HERE[code] : alertSentence(alert, tls)
  if (sentence === undefined) return null
  const { reason, text } = sentence
  return new TlsFailedError(text(where, tls, error), reason, { cause: error })
}

/** Returns the error for a node that does not use TLS while this side does, or the reverse. */
export function protocolMismatch(where: string, reason: 'plain-to-tls' | 'tls-to-plain') {
  return new TlsFailedError(MISMATCH[reason](where), reason)
}

const MISMATCH = {
  'plain-to-tls': (where: string) =>
    `${where} takes TLS only, and this client does not use it. Give \`tls\`.`,
  'tls-to-plain': (where: string) =>
    `${where} does not use TLS. Dial its TLS port, or set \`tls-port\` there and \`port 0\`.`,
}

interface Sentence {
  reason: TlsFailure
  text: (where: string, tls: TlsOptions, error: unknown) => string
}

const UNKNOWN_AUTHORITY: Sentence = {
  reason: 'unknown-authority',
  text: (where, { ca }) =>
    `The certificate of ${where} is not signed by ${nameOf(ca)}. ` +
    'Check `tls.ca`, and that the address is one of this data centre.',
}

const refused = (why: string): Sentence => ({
  reason: 'client-certificate',
  text: (where) => `${where} refused this client's certificate: ${why}. Issue a new one for \`tls.cert\`.`,
})
const WANTED: Sentence = {
  reason: 'client-certificate',
  text: (where) => `${where} asks for a client certificate, and got none. Give \`tls.cert\` and \`tls.key\`.`,
}
const VERSION: Sentence = {
  reason: 'version',
  text: (where) =>
    `${where} offers no TLS of version 1.2 or later. Set \`tls-protocols "TLSv1.2 TLSv1.3"\` there.`,
}
const NO_CIPHER: Sentence = {
  reason: 'version',
  text: (where) => `${where} and this client share no cipher. Leave \`tls-ciphers\` at its default there.`,
}
const NOT_TLS: Sentence = {
  reason: 'tls-to-plain',
  text: MISMATCH['tls-to-plain'],
}

/**
 * This side found the problem: the error codes that Node passes on from OpenSSL, and Node's own code for a wrong
 * name.
 */
const FOUND_HERE: Readonly<Record<string, Sentence>> = {
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_AUTHORITY,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_AUTHORITY,
  CERT_SIGNATURE_FAILURE: UNKNOWN_AUTHORITY,
  ERR_TLS_CERT_ALTNAME_INVALID: {
    reason: 'wrong-name',
    text: (where, { servername }, error) =>
      `The certificate of ${where} is for ${namesIn(error)}, not for ` +
      `${servername ?? 'the address that was dialled'}. Issue one that holds it.`,
  },
  CERT_HAS_EXPIRED: {
    reason: 'expired',
    text: (where) => `The certificate of ${where}, or its authority's, has expired. Renew it.`,
  },
  CERT_NOT_YET_VALID: {
    reason: 'not-yet-valid',
    text: (where) => `The certificate of ${where} is not valid yet. Check the clocks of both machines.`,
  },
  ERR_SSL_UNSUPPORTED_PROTOCOL: VERSION,
  ERR_SSL_WRONG_VERSION_NUMBER: NOT_TLS,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: NOT_TLS,
}

/**
 * The other side found the problem and sent an alert. OpenSSL 3.0 and 3.5 put different prefixes before the name of
 * the same alert.
 */
const ALERT_CODE = /^ERR_SSL_(?:SSL\/TLS|SSLV3|TLSV1|TLSV13)_ALERT_(\w+)$/

/** RFC 8446, section 6.2. */
const ALERTS: Readonly<Record<string, Sentence>> = {
  CERTIFICATE_REQUIRED: WANTED,
  UNKNOWN_CA: refused('it believes another authority'),
  CERTIFICATE_EXPIRED: refused('it has expired'),
  CERTIFICATE_REVOKED: refused('it was revoked'),
  UNSUPPORTED_CERTIFICATE: refused('it is not made for clients'),
  BAD_CERTIFICATE: refused('it is not valid yet, or not sound'),
  CERTIFICATE_UNKNOWN: refused('it cannot be accepted'),
  PROTOCOL_VERSION: VERSION,
}

/** TLS 1.2 has only one alert for a missing client certificate and for ciphers without a match. */
function alertSentence(alert: string, { cert }: TlsOptions): Sentence | undefined {
  if (alert === 'HANDSHAKE_FAILURE') return cert === undefined ? WANTED : NO_CIPHER
  return ALERTS[alert]
}

/** Returns the name of the first authority of `tls.ca`. */
function nameOf(ca: TlsOptions['ca']): string {
  const { subject } = new X509Certificate(ca)
  return `"${subject.replace(/^CN=/, '')}"`
}

/** Returns the names in a certificate: `DNS:redis-2, IP Address:10.0.0.12`. */
function namesIn(error: unknown): string {
  const cert = error instanceof Error && 'cert' in error ? error.cert : null
  const names =
    typeof cert === 'object' && cert !== null && 'subjectaltname' in cert ? cert.subjectaltname : null
  return typeof names === 'string' ? names.replaceAll(/(DNS|IP Address):/g, '') : 'nobody'
}
