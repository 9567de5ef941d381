import { createPublicKey, type KeyObject, randomBytes, webcrypto } from 'node:crypto'
import { BitString, Integer, OctetString, Utf8String } from 'asn1js'
import {
  AltName,
  AttributeTypeAndValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  Extension,
  ExtKeyUsage,
  GeneralName,
  RelativeDistinguishedNames,
  Time,
  TimeType,
} from 'pkijs'
import { addressBytes } from './address.ts'
import type { Purpose } from './inspect.ts'

/** The content of a certificate, and the key that signs it. */
interface CertificateContent {
  /** Common name of its owner. */
  subject: string
  /** Common name of the authority that signs it. */
  issuer: string
  publicKey: KeyObject
  /** The private key that signs it, on the curve P-256. */
  signingKey: KeyObject
  notBefore: Date
  notAfter: Date
  /** Null for the certificate of an authority. */
  leaf: { names: readonly string[]; addresses: readonly string[]; purposes: readonly Purpose[] } | null
}

/** RFC 5280, section 4.2.1.3: bits counted from the left, and the number of unused bits in the octet. */
const KEY_USAGE = {
  digitalSignature: { octet: 0b1000_0000, unusedBits: 7 },
  signCertificates: { octet: 0b0000_0110, unusedBits: 1 },
}
const EXTENSION = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
}
const COMMON_NAME = '2.5.4.3'
const PURPOSE: Record<Purpose, string> = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' }
const NAME_KIND = { dns: 2, address: 7 } as const

/** Encodes and signs an X.509 version 3 certificate (RFC 5280, ECDSA with SHA-256). Returns PEM. */
export async function encodeCertificate(content: CertificateContent): Promise<string> {
  const certificate = new Certificate({ version: 2 })
  certificate.serialNumber = new Integer({ valueHex: randomSerial() })
  certificate.subject = commonName(content.subject)
  certificate.issuer = commonName(content.issuer)
  certificate.notBefore = time(content.notBefore)
  certificate.notAfter = time(content.notAfter)
  await certificate.subjectPublicKeyInfo.importKey(await asCryptoKey(content.publicKey))
  certificate.extensions = await extensionsOf(content)
  await certificate.sign(await asCryptoKey(content.signingKey), 'SHA-256')
  return pem(new Uint8Array(certificate.toSchema(true).toBER()))
}

async function extensionsOf({ leaf, publicKey, signingKey }: CertificateContent): Promise<Extension[]> {
  const usage = leaf === null ? KEY_USAGE.signCertificates : KEY_USAGE.digitalSignature
  const constraints = leaf === null ? { cA: true, pathLenConstraint: 0 } : { cA: false }
  const { octet, unusedBits } = usage
  const signer = new OctetString({ valueHex: await keyIdentifier(createPublicKey(signingKey)) })
  const extensions = [
    extension(EXTENSION.basicConstraints, true, new BasicConstraints(constraints).toSchema()),
    extension(EXTENSION.keyUsage, true, new BitString({ valueHex: Uint8Array.of(octet), unusedBits })),
    extension(
      EXTENSION.subjectKeyIdentifier,
      false,
      new OctetString({ valueHex: await keyIdentifier(publicKey) }),
    ),
    extension(
      EXTENSION.authorityKeyIdentifier,
      false,
      new AuthorityKeyIdentifier({ keyIdentifier: signer }).toSchema(),
    ),
  ]
  if (leaf === null) return extensions
  const altNames = [
    ...leaf.names.map((value) => new GeneralName({ type: NAME_KIND.dns, value })),
    ...leaf.addresses.map(
      (address) =>
        new GeneralName({
          type: NAME_KIND.address,
          value: new OctetString({ valueHex: addressBytes(address) }),
        }),
    ),
  ]
  const keyPurposes = leaf.purposes.map((purpose) => PURPOSE[purpose])
  return [
    ...extensions,
    extension(EXTENSION.extendedKeyUsage, false, new ExtKeyUsage({ keyPurposes }).toSchema()),
    ...(altNames.length === 0
      ? []
      : [extension(EXTENSION.subjectAltName, false, new AltName({ altNames }).toSchema())]),
  ]
}

function extension(extnID: string, critical: boolean, value: { toBER(): ArrayBuffer }): Extension {
  return new Extension({ extnID, critical, extnValue: value.toBER() })
}

function commonName(value: string): RelativeDistinguishedNames {
  const attribute = new AttributeTypeAndValue({ type: COMMON_NAME, value: new Utf8String({ value }) })
  return new RelativeDistinguishedNames({ typesAndValues: [attribute] })
}

/** RFC 5280, section 4.1.2.5: UTCTime through 2049, GeneralizedTime from then on. */
function time(value: Date): Time {
  return new Time({
    type: value.getUTCFullYear() < 2050 ? TimeType.UTCTime : TimeType.GeneralizedTime,
    value,
  })
}

/** 127 random bits, positive as RFC 5280, section 4.1.2.2, requires. */
function randomSerial(): Uint8Array<ArrayBuffer> {
  const bytes = Uint8Array.from(randomBytes(16))
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40
  return bytes
}

/** RFC 5280, section 4.2.1.2: the SHA-1 of the key. It is only an identifier, so collisions are harmless. */
async function keyIdentifier(key: KeyObject): Promise<ArrayBuffer> {
  const point = await webcrypto.subtle.exportKey('raw', await asCryptoKey(key))
  return webcrypto.subtle.digest('SHA-1', point)
}

function asCryptoKey(key: KeyObject): Promise<webcrypto.CryptoKey> {
  const curve = { name: 'ECDSA', namedCurve: 'P-256' }
  return key.type === 'private'
    ? webcrypto.subtle.importKey('pkcs8', key.export({ type: 'pkcs8', format: 'der' }), curve, false, [
        'sign',
      ])
    : webcrypto.subtle.importKey('spki', key.export({ type: 'spki', format: 'der' }), curve, true, ['verify'])
}

function pem(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}
