import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestAuthority } from '@holdfast/testing'
import type { Host } from '../../../src/site/site.ts'

/** Puts `ca.pem`, `host.pem` and `host-key.pem` of a host into a folder. */
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
    writeFile(join(folder, 'host-key.pem'), key),
  ])
}
