import { createPrivateKey, X509Certificate } from 'node:crypto'
import { ClusterError } from '../errors.ts'
import { canonicalAddress } from './address.ts'

/** The uses of a certificate: as a server, or as a client. Redis and Sentinel are both. */
export type Purpose = 'server' | 'client'

/** The content of a certificate. */
export interface CertificateFacts {
  /** The common names of its holder and of the authority that signed it. */
  subject: string
  issuer: string
  isAuthority: boolean
  names: string[]
  addresses: string[]
  /** Empty for an authority. */
  purposes: Purpose[]
  notBefore: Date
  notAfter: Date
  /** Whole days until it expires (rounded down). Negative if it has expired. */
  daysLeft: number
  /** In hexadecimal. */
  serialNumber: string
  /** SHA-256 of the certificate, as `openssl x509 -fingerprint -sha256` prints it. */
  fingerprint: string
}

const DAY_MS = 24 * 3600 * 1000
const PURPOSE_OF: Readonly<Record<string, Purpose>> = {
  '1.3.6.1.5.5.7.3.1': 'server',
  '1.3.6.1.5.5.7.3.2': 'client',
}

/**
 * Reads a certificate in PEM. `nowMs` is the current time (Unix time in milliseconds). Throws
 * `CERTIFICATE_UNREADABLE`.
 */
export function inspectCertificate(pem: string, nowMs: number): CertificateFacts {
  const certificate = parseCertificate(pem)
  const [names, addresses] = altNames(certificate)
  const notAfter = new Date(certificate.validTo)
  return {
    subject: commonNameOf(certificate.subject),
    issuer: commonNameOf(certificate.issuer),
    isAuthority: certificate.ca,
    names,
    addresses,
    purposes: (certificate.keyUsage ?? []).flatMap((oid) => PURPOSE_OF[oid] ?? []),
    notBefore: new Date(certificate.validFrom),
    notAfter,
    daysLeft: Math.floor((notAfter.getTime() - nowMs) / DAY_MS),
    serialNumber: certificate.serialNumber.toLowerCase(),
    fingerprint: certificate.fingerprint256,
  }
}

/** Whether the authority signed the certificate. Throws `CERTIFICATE_UNREADABLE`. */
export function isSignedBy(pem: string, authorityPem: string): boolean {
  const [certificate, authority] = [parseCertificate(pem), parseCertificate(authorityPem)]
  return certificate.checkIssued(authority) && certificate.verify(authority.publicKey)
}

/**
 * Whether a certificate belongs to a private key (PEM). An invalid key belongs to no certificate. Throws
 * `CERTIFICATE_UNREADABLE`.
 */
export function isOfKey(pem: string, keyPem: string): boolean {
  const certificate = parseCertificate(pem)
  try {
    return certificate.checkPrivateKey(createPrivateKey(keyPem))
  } catch {
    return false
  }
}

/** The common name of a subject or an issuer, which Node prints as `CN=name`. */
export const commonNameOf = (subject: string): string => /^CN=(.*)$/m.exec(subject)?.[1] ?? subject

function parseCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch (cause) {
    throw new ClusterError('CERTIFICATE_UNREADABLE', 'The text is not a certificate in PEM.', { cause })
  }
}

/** Names and addresses. Those that Holdfast issues contain no character that Node would quote. */
function altNames({ subjectAltName = '' }: X509Certificate): [names: string[], addresses: string[]] {
  const entries = subjectAltName.split(', ')
  const after = (label: string) =>
    entries.flatMap((entry) => (entry.startsWith(label) ? entry.slice(label.length) : []))
  return [after('DNS:'), after('IP Address:').map(canonicalAddress)]
}
