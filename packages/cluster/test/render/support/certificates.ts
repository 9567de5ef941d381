import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Host } from '../../../src/site/site.ts'
import { run } from './programs.ts'

/** An authority of a test, which gives hosts their certificates. */
export class TestAuthority {
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
  }

  static async create(folder: string): Promise<TestAuthority> {
    await mkdir(folder, { recursive: true })
    const authority = new TestAuthority(folder)
    await run('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
      ...[
        '-subj',
        '/CN=Holdfast test',
        '-keyout',
        join(folder, 'ca-key.pem'),
        '-out',
        join(folder, 'ca.pem'),
      ],
    ])
    return authority
  }

  /** Puts `ca.pem`, `host.pem` and `host-key.pem` of a host into a folder. */
  async giveTo({ name, address }: Pick<Host, 'name' | 'address'>, folder: string): Promise<void> {
    await mkdir(folder, { recursive: true })
    const file = (which: string) => join(folder, which)
    await run('openssl', [
      ...['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', `/CN=${name}`],
      ...['-keyout', file('host-key.pem'), '-out', file('host.csr')],
    ])
    await writeFile(
      file('host.ext'),
      `subjectAltName=DNS:${name},IP:${address}\nextendedKeyUsage=serverAuth,clientAuth\n`,
    )
    await run('openssl', [
      ...['x509', '-req', '-in', file('host.csr'), '-days', '2', '-extfile', file('host.ext')],
      ...['-CA', join(this.#folder, 'ca.pem'), '-CAkey', join(this.#folder, 'ca-key.pem'), '-CAcreateserial'],
      ...['-out', file('host.pem')],
    ])
    await run('openssl', ['x509', '-in', join(this.#folder, 'ca.pem'), '-out', file('ca.pem')])
  }
}
