import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { createSecureContext, type SecureContext } from 'node:tls'
import { InvalidOptionError } from '../errors.ts'

/**
 * How to encrypt, with TLS 1.2 or later. A certificate is refused if `ca` has not signed it, or if it does not
 * contain the host name or address of the connection. PEM, as text or bytes.
 */
export interface TlsOptions {
  /**
   * The certificates of the trusted authorities. In Holdfast's plan this is one authority, of this data centre. No
   * other is trusted.
   */
  ca: string | Buffer
  /** This side's certificate, and the key that belongs to it. A node with `tls-auth-clients yes` requires them. */
  cert?: string | Buffer
  key?: string | Buffer
  /** A name that every certificate must contain, instead of the host name or address of the connection. */
  servername?: string
}

/**
 * Returns the options for `tls.connect`. A context is created once per options object, because that takes a
 * millisecond. Throws `INVALID_OPTION`.
 * INV-TOKENS-36.
 */
export function tlsSocketOptions(options: TlsOptions) {
  const { servername } = options
  const secureContext = CONTEXTS.get(options) ?? makeContext(checkTls(options))
  CONTEXTS.set(options, secureContext)
  return { tls: true as const, secureContext, ...(servername === undefined ? {} : { servername }) }
}

const CONTEXTS = new WeakMap<TlsOptions, SecureContext>()

const makeContext = ({ ca, cert, key }: TlsOptions) =>
  createSecureContext({ ca, cert, key, minVersion: 'TLSv1.2' })

/**
 * Returns a copy of `tls` if it is valid, so that later changes of the caller's object have no effect. Throws
 * `INVALID_OPTION`.
 */
export function checkTls({ ca, cert, key, servername }: TlsOptions): TlsOptions {
  readCertificate('tls.ca', ca)
  if ((cert === undefined) !== (key === undefined)) {
    throw new InvalidOptionError('Give `tls.cert` and `tls.key`, or neither.')
  }
  if (servername !== undefined && (typeof servername !== 'string' || servername === '')) {
    throw new InvalidOptionError('`tls.servername` must be a name, got none.')
  }
  const named = servername === undefined ? {} : { servername }
  if (cert === undefined || key === undefined) return { ca, ...named }
  if (!readCertificate('tls.cert', cert).checkPrivateKey(readKey(key))) {
    throw new InvalidOptionError('`tls.key` is not the key of `tls.cert`.')
  }
  return { ca, cert, key, ...named }
}

function readCertificate(name: string, pem: unknown): X509Certificate {
  try {
    if (typeof pem === 'string' || Buffer.isBuffer(pem)) return new X509Certificate(pem)
  } catch {
    // Reported below, without the text.
  }
  throw new InvalidOptionError(
    `\`${name}\` must be a certificate in PEM: the text of the file, not its path.`,
  )
}

function readKey(pem: string | Buffer): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch {
    throw new InvalidOptionError('`tls.key` must be a private key in PEM without a pass phrase.')
  }
}
