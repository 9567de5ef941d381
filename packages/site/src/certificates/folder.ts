import { mkdir, readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { replaceFile } from '@holdfast/files/replace-file'
import { ClusterError } from '../errors.ts'
import { keepBeside, readIfThere, writePrivate } from '../private-file.ts'
import {
  type AuthorityRequest,
  type CertificateRequest,
  type Credential,
  createAuthority,
  issueCertificate,
} from './certificate.ts'
import { type CertificateFacts, inspectCertificate, isOfKey, isSignedBy } from './inspect.ts'

/** A certificate in the folder. */
export interface CertificateFile extends CertificateFacts {
  /** The path of the certificate. Its key is beside it, with the extension `.key`. */
  file: string
  /** Whether the authority of this folder signed it. */
  isOurs: boolean
}

const AUTHORITY = 'ca'

/**
 * The certificates of one data centre: `<folder>/<data centre>/ca.crt`, `ca.key`, and `<name>.crt` and `<name>.key`
 * for each host and application. Only the owner can read the keys (mode 0600). With `ca.key`, an attacker can
 * impersonate every host: keep it on the machine that signs certificates. No host needs it.
 */
export class CertificateFolder {
  readonly dataCentre: string
  readonly path: string

  constructor(folder: string, dataCentre: string) {
    this.dataCentre = dataCentre
    this.path = join(resolve(folder), dataCentre)
  }

  /**
   * Creates the authority. Throws `AUTHORITY_EXISTS` if there is one and `force` is not set. With `force`, hosts that
   * trust the new authority reject every certificate of the old one. `kept` lists the backups of the old files.
   */
  async createAuthority(
    options: Pick<AuthorityRequest, 'days'> & { force?: boolean },
  ): Promise<CertificateFile & { kept: string[] }> {
    const { force = false, ...request } = options
    if (!force && (await this.hasAuthority())) {
      throw new ClusterError(
        'AUTHORITY_EXISTS',
        `${this.dataCentre} already has an authority in ${this.path}. ` +
          'A new authority makes every existing certificate invalid. Use --force to replace it.',
      )
    }
    const authority = await createAuthority({ dataCentre: this.dataCentre, ...request })
    const kept = [
      await keepBeside(this.#file(AUTHORITY, 'crt')),
      await keepBeside(this.#file(AUTHORITY, 'key')),
    ]
    await this.#write(AUTHORITY, authority)
    return {
      ...this.#read(AUTHORITY, authority.certificate, authority.certificate),
      kept: kept.flatMap((file) => file ?? []),
    }
  }

  /** Whether there is an authority, with or without its key. */
  async hasAuthority(): Promise<boolean> {
    const files = [this.#pem(AUTHORITY), readIfThere(this.#file(AUTHORITY, 'key'))]
    return (await Promise.all(files)).some((text) => text !== null)
  }

  /**
   * Issues a certificate with a new key. Replaces the certificate of the same name. Throws `AUTHORITY_MISSING`,
   * `CERTIFICATE_REFUSED`, `CERTIFICATE_UNREADABLE`.
   */
  async issue(request: CertificateRequest): Promise<CertificateFile> {
    if (request.name === AUTHORITY) {
      throw new ClusterError(
        'CERTIFICATE_REFUSED',
        `The name "${AUTHORITY}" is reserved for the files of the authority. Choose another name.`,
      )
    }
    const authority = await this.#authority()
    const issued = await issueCertificate(authority, request)
    await this.#write(request.name, issued)
    return this.#read(request.name, issued.certificate, authority.certificate)
  }

  /**
   * Renews every certificate that expires in fewer than `withinDays` days, has expired, or was signed by another
   * authority. Names, addresses and purposes stay the same. Returns the new certificates. Throws like {@link issue}.
   */
  async renew({ withinDays, days }: { withinDays: number; days?: number }): Promise<CertificateFile[]> {
    const { issued } = await this.list()
    const due = issued.filter(({ daysLeft, isOurs }) => daysLeft < withinDays || !isOurs)
    const renewed: CertificateFile[] = []
    for (const { subject: name, names, addresses, purposes } of due) {
      renewed.push(
        await this.issue({ name, names, addresses, purposes, ...(days === undefined ? {} : { days }) }),
      )
    }
    return renewed
  }

  /**
   * Returns the certificate of that name with its key and the certificate of the authority, as texts. Null if one of
   * them is missing. Throws `CERTIFICATE_UNREADABLE`, also if the key does not match because `issue` was killed
   * between the two files.
   */
  async find(name: string): Promise<(Credential & { authority: string; file: CertificateFile }) | null> {
    const [authority, certificate, key] = await Promise.all([
      this.#pem(AUTHORITY),
      this.#pem(name),
      readIfThere(this.#file(name, 'key')),
    ])
    if (authority === null || certificate === null || key === null) return null
    const facts = this.#read(name, certificate, authority)
    if (!isOfKey(certificate, key)) {
      throw new ClusterError(
        'CERTIFICATE_UNREADABLE',
        `${facts.file} does not match the key beside it. Issue the certificate again.`,
      )
    }
    return { authority, certificate, key, file: facts }
  }

  /** Whether certificates can be issued here: the folder has the authority and its key. */
  async canIssue(): Promise<boolean> {
    const [certificate, key] = await Promise.all([
      this.#pem(AUTHORITY),
      readIfThere(this.#file(AUTHORITY, 'key')),
    ])
    return certificate !== null && key !== null
  }

  /** Lists the certificates. Throws `AUTHORITY_MISSING`, `CERTIFICATE_UNREADABLE`. */
  async list(): Promise<{ authority: CertificateFile; issued: CertificateFile[] }> {
    const authorityPem = await this.#pem(AUTHORITY)
    if (authorityPem === null) throw this.#missing()
    const files = await readdir(this.path)
    const names = files.flatMap((file) => (file.endsWith('.crt') ? file.slice(0, -'.crt'.length) : []))
    const issued = names.filter((name) => name !== AUTHORITY).sort()
    return {
      authority: await this.#read(AUTHORITY, authorityPem, authorityPem),
      issued: await Promise.all(
        issued.map(async (name) => this.#read(name, (await this.#pem(name)) ?? '', authorityPem)),
      ),
    }
  }

  async #authority(): Promise<Credential> {
    const [certificate, key] = await Promise.all([
      this.#pem(AUTHORITY),
      readIfThere(this.#file(AUTHORITY, 'key')),
    ])
    if (certificate === null || key === null) throw this.#missing()
    return { certificate, key }
  }

  async #write(name: string, { certificate, key }: Credential): Promise<void> {
    await mkdir(this.path, { recursive: true, mode: 0o700 })
    await writePrivate(this.#file(name, 'key'), key)
    await replaceFile(this.#file(name, 'crt'), certificate, 0o644)
  }

  #read(name: string, pem: string, authorityPem: string): CertificateFile {
    const file = this.#file(name, 'crt')
    try {
      return { file, ...inspectCertificate(pem, Date.now()), isOurs: isSignedBy(pem, authorityPem) }
    } catch (cause) {
      throw new ClusterError(
        'CERTIFICATE_UNREADABLE',
        `${file} is not a certificate in PEM. Issue the certificate again.`,
        {
          cause,
        },
      )
    }
  }

  #pem = (name: string) => readIfThere(this.#file(name, 'crt'))
  #file = (name: string, ending: 'crt' | 'key') => join(this.path, `${name}.${ending}`)

  #missing(): ClusterError {
    return new ClusterError(
      'AUTHORITY_MISSING',
      `${this.dataCentre} has no authority in ${this.path}. Run \`holdfast ca create\` on one machine only.`,
    )
  }
}
