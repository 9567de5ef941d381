import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Host } from '@holdfast/site/file/site'
import type { TestAuthority } from '@holdfast/testing'
import type { PlacedHost } from './placed-host.ts'

/** The arguments with which `redis-cli` uses the certificate of a host. */
export const tlsArgs = (placed: PlacedHost): string[] => [
  '--tls',
  ...['--cacert', placed.path('/etc/holdfast/tls/ca.pem')],
  ...['--cert', placed.path('/etc/holdfast/tls/host.pem')],
  ...['--key', placed.path('/etc/holdfast/tls/host-key.pem')],
]

/** Puts `ca.pem`, `host.pem` and `host-key.pem` of a host into a folder, with the modes of a real host. */
export async function placeCertificate(
  authority: TestAuthority,
  { name, address }: Pick<Host, 'name' | 'address'>,
  folder: string,
): Promise<void> {
  const { ca, cert, key } = await authority.host({ name, addresses: [address] })
  await mkdir(folder, { recursive: true })
  await Promise.all([
    writeFile(join(folder, 'ca.pem'), ca),
    writeFile(join(folder, 'host.pem'), cert),
    writeFile(join(folder, 'host-key.pem'), key, { mode: 0o640 }),
  ])
}
