import {
  type CertificateRequest,
  type Credential,
  createAuthority,
  issueCertificate,
} from '@holdfast/site/certificates/certificate'
import type { ServerTls } from './server-tls.ts'

const DAY_MS = 24 * 3600 * 1000

/**
 * Validity periods for certificates that are not valid now: from five days ago to three days ago, and from five days
 * ahead.
 */
export const EXPIRED = () => ({ notBefore: new Date(Date.now() - 5 * DAY_MS), days: 2 })
export const NOT_YET_VALID = () => ({ notBefore: new Date(Date.now() + 5 * DAY_MS) })

/** The certificate authority of a test's data centre, and the certificates that it signs. */
export class TestAuthority {
  readonly #authority: Credential

  private constructor(authority: Credential) {
    this.#authority = authority
  }

  static async create(dataCentre = 'dc1'): Promise<TestAuthority> {
    return new TestAuthority(await createAuthority({ dataCentre }))
  }

  /** The authority's own certificate. */
  get ca(): string {
    return this.#authority.certificate
  }

  /** A certificate for a server on 127.0.0.1 that also connects to other servers. */
  host(request: Partial<CertificateRequest> = {}): Promise<ServerTls> {
    return this.#issue({ name: 'redis', addresses: ['127.0.0.1'], ...request })
  }

  /** A certificate for an application. */
  application(request: Partial<CertificateRequest> = {}): Promise<ServerTls> {
    return this.#issue({ name: 'application', purposes: ['client'], ...request })
  }

  async #issue(request: CertificateRequest): Promise<ServerTls> {
    const { certificate, key } = await issueCertificate(this.#authority, request)
    return { ca: this.ca, cert: certificate, key }
  }
}
