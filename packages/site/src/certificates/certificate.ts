import { createPrivateKey, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { ClusterError } from '../errors.ts'
import { MOST_AUTHORITY_DAYS, MOST_DAYS } from './days.ts'
import type { encodeCertificate } from './encode.ts'
import { commonNameOf, type Purpose } from './inspect.ts'

/** A certificate and its private key, both in PEM. */
export interface Credential {
  certificate: string
  /** PKCS #8. Secret. */
  key: string
}

export interface AuthorityRequest {
  /** The data centre of the authority. */
  dataCentre: string
  /** Lifetime (in days, 1 to 7300). Default is 3650. */
  days?: number
  /** Start of validity. Default is five minutes ago, because clocks differ. */
  notBefore?: Date
}

export interface CertificateRequest {
  /** The name of the host or application that holds it. */
  name: string
  /** DNS names under which clients connect to it, besides `name`. */
  names?: readonly string[]
  /** IPv4 and IPv6 addresses at which clients connect to it. */
  addresses?: readonly string[]
  /** Default is server and client. */
  purposes?: readonly Purpose[]
  /** Lifetime (in days, 1 to 398). It never exceeds that of the authority. Default is 90. */
  days?: number
  /** Start of validity. Default is five minutes ago, because clocks differ. */
  notBefore?: Date
}

const DAY_MS = 24 * 3600 * 1000
const CLOCK_TOLERANCE_MS = 5 * 60 * 1000
const DNS_NAME = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i

/**
 * Creates the private certificate authority of one data centre (ECDSA, P-256). It signs certificates of hosts and
 * applications, but not of other authorities. Throws `CERTIFICATE_REFUSED` if the request is not valid.
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
 * Issues a certificate with a new key, signed by an authority. To renew a certificate, issue it again. Throws
 * `CERTIFICATE_REFUSED` if the request is not valid.
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

/** Loads the encoder when it is first needed: loading takes 100 ms, and most commands sign nothing. */
const encode: typeof encodeCertificate = async (content) =>
  (await import('./encode.ts')).encodeCertificate(content)
const justBefore = () => new Date(Date.now() - CLOCK_TOLERANCE_MS)
const after = (from: Date, days: number) => new Date(from.getTime() + days * DAY_MS)
const earlier = (a: Date, b: Date) => (a < b ? a : b)
const newKeys = () => generateKeyPairSync('ec', { namedCurve: 'P-256' })
const exportKey = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString()

function checkName(what: string, name: string): void {
  if (DNS_NAME.test(name) && isIP(name) === 0) return
  throw new ClusterError(
    'CERTIFICATE_REFUSED',
    `${what} must be a DNS name, got "${name}". Give addresses separately from names.`,
  )
}

function checkAddress(address: string): void {
  // A zone such as fe80::1%eth0 is valid on one machine only.
  if (isIP(address) !== 0 && !address.includes('%')) return
  throw new ClusterError(
    'CERTIFICATE_REFUSED',
    `An address in a certificate must be IPv4 or IPv6, got "${address}".`,
  )
}

function checkDays(days: number, max: number): void {
  if (Number.isInteger(days) && days >= 1 && days <= max) return
  throw new ClusterError(
    'CERTIFICATE_REFUSED',
    `The lifetime of a certificate must be a whole number of days from 1 to ${max}, got ${days}.`,
  )
}
