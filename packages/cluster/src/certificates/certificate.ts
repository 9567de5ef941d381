import { createPrivateKey, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { ClusterError } from '../errors.ts'
import { MOST_AUTHORITY_DAYS, MOST_DAYS } from './days.ts'
import type { encodeCertificate } from './encode.ts'
import type { Purpose } from './purpose.ts'

/** A certificate and its private key, both PEM. */
export interface Credential {
  certificate: string
  /** PKCS #8. Secret. */
  key: string
}

export interface AuthorityRequest {
  /** The data centre that it is the authority of. */
  dataCentre: string
  /** How long it lasts (in days, 1 to 7300). Default is 3650. */
  days?: number
  /** From when on it counts. Default is five minutes ago: clocks differ. */
  notBefore?: Date
}

export interface CertificateRequest {
  /** Who holds it: the name of a host or of an application. */
  name: string
  /** DNS names under which others dial it, besides `name`. */
  names?: readonly string[]
  /** IPv4 and IPv6 addresses under which others dial it. */
  addresses?: readonly string[]
  /** Default is both. */
  purposes?: readonly Purpose[]
  /** How long it lasts (in days, 1 to 398), but never longer than its authority. Default is 90. */
  days?: number
  /** From when on it counts. Default is five minutes ago: clocks differ. */
  notBefore?: Date
}

const DAY_MS = 24 * 3600 * 1000
const CLOCKS_DIFFER_MS = 5 * 60 * 1000
const DNS_NAME = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i

/**
 * The private certificate authority of one data centre (ECDSA, P-256): it signs for hosts and applications, and for no
 * further authority. Throws `CERTIFICATE_REFUSED` when what is asked for makes no certificate.
 * INV-SITE-12.
 */
export async function createAuthority(request: AuthorityRequest): Promise<Credential> {
  const { dataCentre, days = 3650, notBefore = justBefore() } = request
  checkName('The data centre', dataCentre)
  checkDays(days, MOST_AUTHORITY_DAYS)
  const { publicKey, privateKey } = newKeys()
  const name = `Holdfast authority of ${dataCentre}`
  const certificate = await encode({
    subject: name,
    issuer: name,
    publicKey,
    signingKey: privateKey,
    notBefore,
    notAfter: after(notBefore, days),
    leaf: null,
  })
  return { certificate, key: exportKey(privateKey) }
}

/**
 * A certificate with a new key, signed by an authority. To renew one, issue it again. Throws `CERTIFICATE_REFUSED` when
 * what is asked for makes no certificate.
 */
export async function issueCertificate(
  authority: Credential,
  request: CertificateRequest,
): Promise<Credential> {
  const { name, names = [], addresses = [], days = 90, notBefore = justBefore() } = request
  const { purposes = ['server', 'client'] } = request
  for (const each of [name, ...names]) checkName('A name in a certificate', each)
  for (const address of addresses) checkAddress(address)
  checkDays(days, MOST_DAYS)
  const signer = new X509Certificate(authority.certificate)
  const { publicKey, privateKey } = newKeys()
  const certificate = await encode({
    subject: name,
    issuer: commonNameOf(signer.subject),
    publicKey,
    signingKey: createPrivateKey(authority.key),
    notBefore,
    notAfter: earlier(after(notBefore, days), new Date(signer.validTo)),
    leaf: { names: [...new Set([name, ...names])], addresses: [...new Set(addresses)], purposes },
  })
  return { certificate, key: exportKey(privateKey) }
}

/** `CN=name` of a subject or an issuer as Node prints it. */
export const commonNameOf = (subject: string): string => /^CN=(.*)$/m.exec(subject)?.[1] ?? subject

/** The encoder, loaded when first needed: it takes 100 ms, and most commands sign nothing. */
const encode: typeof encodeCertificate = async (content) =>
  (await import('./encode.ts')).encodeCertificate(content)
const justBefore = () => new Date(Date.now() - CLOCKS_DIFFER_MS)
const after = (from: Date, days: number) => new Date(from.getTime() + days * DAY_MS)
const earlier = (a: Date, b: Date) => (a < b ? a : b)
const newKeys = () => generateKeyPairSync('ec', { namedCurve: 'P-256' })
const exportKey = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString()

function checkName(what: string, name: string): void {
  if (DNS_NAME.test(name) && isIP(name) === 0) return
  throw new ClusterError(
    'CERTIFICATE_REFUSED',
    `${what} must be a DNS name, got "${name}". Addresses are given apart from names.`,
  )
}

function checkAddress(address: string): void {
  // A zone such as fe80::1%eth0 means something on one machine only.
  if (isIP(address) !== 0 && !address.includes('%')) return
  throw new ClusterError(
    'CERTIFICATE_REFUSED',
    `An address in a certificate must be IPv4 or IPv6, got "${address}".`,
  )
}

function checkDays(days: number, most: number): void {
  if (Number.isInteger(days) && days >= 1 && days <= most) return
  throw new ClusterError(
    'CERTIFICATE_REFUSED',
    `A certificate lasts a whole number of days from 1 to ${most}, got ${days}.`,
  )
}
