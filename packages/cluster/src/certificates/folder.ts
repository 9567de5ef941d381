import { mkdir, readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { ClusterError } from '../errors.ts'
import { keepBeside, readIfThere, replaceFile, writePrivate } from '../state/private-file.ts'
import {
  type AuthorityRequest,
  type CertificateRequest,
  type Credential,
  createAuthority,
  issueCertificate,
} from './certificate.ts'
import { type CertificateFacts, inspectCertificate, isOfKey, isSignedBy } from './inspect.ts'

/** A certificate among the files. */
export interface CertificateFile extends CertificateFacts {
  /** The certificate's path; its key is beside it, with the ending `.key`. */
  file: string
  /** Whether the authority of this folder signed it. */
  isOurs: boolean
}

const AUTHORITY = 'ca'

/**
 * The certificates of one data centre: `<folder>/<data centre>/ca.crt`, `ca.key`, and `<name>.crt` and `<name>.key` for
 * each host and application. Keys are for their owner alone (mode 0600). Whoever has `ca.key` can speak for every host:
 * it stays on the machine that signs, and no host needs it.
 */
export class CertificateFolder {
  readonly dataCentre: string
  readonly path: string

  constructor(folder: string, dataCentre: string) {
    this.dataCentre = dataCentre
    this.path = join(resolve(folder), dataCentre)
  }

  /**
   * Makes the authority. Throws `AUTHORITY_EXISTS` unless `force`, with which all that the old one signed is refused as
   * soon as hosts believe the new one. The files of the old one are kept beside, under the names in `kept`.
   */
  async createAuthority(
    options: Pick<AuthorityRequest, 'days'> & { force?: boolean },
  ): Promise<CertificateFile & { kept: string[] }> {
    const { force = false, ...request } = options
    if (!force && (await this.hasAuthority())) {
      throw new ClusterError(
        'AUTHORITY_EXISTS',
        `${this.dataCentre} has an authority already, in ${this.path}. ` +
          'With a new one every host and application needs a new certificate: use --force if you mean it.',
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

  /** Whether there is an authority, with its key or without. */
  async hasAuthority(): Promise<boolean> {
    const files = [this.#pem(AUTHORITY), readIfThere(this.#file(AUTHORITY, 'key'))]
    return (await Promise.all(files)).some((text) => text !== null)
  }

  /**
   * Issues a certificate with a new key, in place of the one of that name. Throws `AUTHORITY_MISSING`,
   * `CERTIFICATE_REFUSED`, `CERTIFICATE_UNREADABLE`.
   */
  async issue(request: CertificateRequest): Promise<CertificateFile> {
    if (request.name === AUTHORITY) {
      throw new ClusterError(
        'CERTIFICATE_REFUSED',
        `"${AUTHORITY}" is the name of the authority's own files.`,
      )
    }
    const authority = await this.#authority()
    const issued = await issueCertificate(authority, request)
    await this.#write(request.name, issued)
    return this.#read(request.name, issued.certificate, authority.certificate)
  }

  /**
   * Issues anew, for the same names, addresses and purposes, what ends in fewer than `withinDays`, has ended, or is not
   * of this authority. Answers the new ones. Throws as {@link issue}.
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
   * The certificate of that name with its key and the authority's certificate, as texts; null when one of them is not
   * there. Throws `CERTIFICATE_UNREADABLE`, also when the key is another one's: issuing was killed between the two.
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
        `${facts.file} does not belong to the key beside it. Issue it again.`,
      )
    }
    return { authority, certificate, key, file: facts }
  }

  /** Whether certificates can be issued here: the authority is there, with its key. Throws nothing of its own. */
  async canIssue(): Promise<boolean> {
    const [certificate, key] = await Promise.all([
      this.#pem(AUTHORITY),
      readIfThere(this.#file(AUTHORITY, 'key')),
    ])
    return certificate !== null && key !== null
  }

  /** What is there. Throws `AUTHORITY_MISSING`, `CERTIFICATE_UNREADABLE`. */
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
      throw new ClusterError('CERTIFICATE_UNREADABLE', `${file} is no certificate in PEM. Issue it again.`, {
        cause,
      })
    }
  }

  #pem = (name: string) => readIfThere(this.#file(name, 'crt'))
  #file = (name: string, ending: 'crt' | 'key') => join(this.path, `${name}.${ending}`)

  #missing(): ClusterError {
    return new ClusterError(
      'AUTHORITY_MISSING',
      `${this.dataCentre} has no authority in ${this.path}. Create one with holdfast ca create, on one machine.`,
    )
  }
}
