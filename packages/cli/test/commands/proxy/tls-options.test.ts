import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TestAuthority } from '@holdfast/testing/certificates'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { proxy } from '../../../src/commands/proxy/run.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-tls-'))
})
afterAll(() => rm(folder, { recursive: true }))

const tlsListen = '127.0.0.1:6390'

it('the three options about TLS belong together', async () => {
  await expect(proxy({ tlsListen })).rejects.toThrow('Give --tls-listen, --tls-cert and --tls-key together.')
})

it('a certificate and a key that do not belong together are refused before the proxy starts', async () => {
  const authority = await TestAuthority.create('dc1')
  const [one, other] = [await authority.host(), await authority.host()]
  const [tlsCert, tlsKey] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  await expect(proxy({ tlsListen, tlsCert, tlsKey })).rejects.toThrow(/cannot be used: ENOENT/)
  await writeFile(tlsCert, one.cert)
  await writeFile(tlsKey, other.key)
  await expect(proxy({ tlsListen, tlsCert, tlsKey })).rejects.toThrow(/cannot be used: .*mismatch/)
})
