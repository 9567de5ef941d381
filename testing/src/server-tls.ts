import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What a server shows and believes, in PEM; administrators of a test connect with the same. */
export interface ServerTls {
  ca: string
  cert: string
  key: string
}

/** The lines of a configuration by which a Redis or a Sentinel listens. The files of TLS are put into its folder. */
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
