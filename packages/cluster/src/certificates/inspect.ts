import { createPrivateKey, X509Certificate } from 'node:crypto'
import { ClusterError } from '../errors.ts'
import { canonicalAddress } from './address.ts'
import { commonNameOf } from './certificate.ts'
import type { Purpose } from './purpose.ts'

/** What a certificate says of itself. */
export interface CertificateFacts {
  /** Who holds it, and who signed it: their common names. */
  subject: string
  issuer: string
  isAuthority: boolean
  names: string[]
  addresses: string[]
  /** None for an authority. */
  purposes: Purpose[]
  notBefore: Date
  notAfter: Date
  /** Whole days until it ends (rounded down); negative when it has ended. */
  daysLeft: number
  /** Hexadecimal. */
  serialNumber: string
  /** SHA-256 of the certificate, as `openssl x509 -fingerprint -sha256` prints it. */
  fingerprint: string
}

const DAY_MS = 24 * 3600 * 1000
const PURPOSE_OF: Readonly<Record<string, Purpose>> = {
  '1.3.6.1.5.5.7.3.1': 'server',
  '1.3.6.1.5.5.7.3.2': 'client',
}

/** Reads a PEM certificate as of `nowMs` (Unix time). Throws `CERTIFICATE_UNREADABLE`. */
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

/** Whether the certificate is of that private key (PEM). Throws `CERTIFICATE_UNREADABLE`; a text that is no key is of none. */
export function isOfKey(pem: string, keyPem: string): boolean {
  const certificate = parseCertificate(pem)
  try {
    return certificate.checkPrivateKey(createPrivateKey(keyPem))
  } catch {
    return false
  }
}

function parseCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch (cause) {
    throw new ClusterError('CERTIFICATE_UNREADABLE', 'It is no certificate in PEM.', { cause })
  }
}

/** Names and addresses. Holdfast's own hold nothing that Node would have to quote. */
function altNames({ subjectAltName = '' }: X509Certificate): [names: string[], addresses: string[]] {
  const entries = subjectAltName.split(', ')
  const after = (label: string) =>
    entries.flatMap((entry) => (entry.startsWith(label) ? entry.slice(label.length) : []))
  return [after('DNS:'), after('IP Address:').map(canonicalAddress)]
}
