import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * The certificate and the key of a server, and the CA that it trusts, in PEM. Administrators of a test connect with
 * the same files.
 */
export interface ServerTls {
  ca: string
  cert: string
  key: string
}

/** The configuration lines with which a Redis or a Sentinel listens. Writes the TLS files into its folder. */
export async function listenLines(home: string, port: number, tls: ServerTls | undefined): Promise<string> {
  if (tls === undefined) return `port ${port}`
  const file = (name: string) => join(home, name)
  await Promise.all([
    writeFile(file('ca.crt'), tls.ca),
    writeFile(file('host.crt'), tls.cert),
    writeFile(file('host.key'), tls.key, { mode: 0o600 }),
  ])
  return `port 0
tls-port ${port}
tls-ca-cert-file ${file('ca.crt')}
tls-cert-file ${file('host.crt')}
tls-key-file ${file('host.key')}
tls-auth-clients yes
tls-replication yes
tls-protocols "TLSv1.2 TLSv1.3"`
}
