import { rm } from 'node:fs/promises'
import { CertificateFolder } from '@holdfast/site/certificates/folder'
import type { Site } from '@holdfast/site/file/site'
import { renderSite } from '@holdfast/site/render/render-site'
import { exampleSite, textIn, tunnelledSite } from '@holdfast/testing/hosts/example-site'
import { makeTempFolder } from '@holdfast/testing/local/data-centre'
import { FIXED_SECRETS } from '@holdfast/testing/local/fixed-secrets'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { readSiteCertificates } from '../../src/data-centre/site-certificates.ts'

let folder: string

beforeEach(async () => {
  folder = await makeTempFolder()
})

afterEach(() => rm(folder, { recursive: true, force: true }))

const missingIn = async (site: Site) =>
  (await readSiteCertificates(site, folder)).missing.map(({ host, address }) => [host, address])

it('every host that stores tokens or uses them needs a certificate with TLS, and its address if it is dialled', async () => {
  expect(await missingIn(exampleSite())).toEqual([
    ['dc1-data-1', '10.20.0.11'],
    ['dc1-data-2', '10.20.0.12'],
    ['dc1-data-3', '10.20.0.13'],
    ['dc1-app-1', null],
    ['dc1-gateway-1', null],
  ])
})

it('stunnel asks for the name of a host, which every certificate holds, and the other transports for none', async () => {
  expect((await missingIn(exampleSite({ transport: 'stunnel' }))).map(([, address]) => address)).toEqual(
    Array(5).fill(null),
  )
  expect(await missingIn(tunnelledSite())).toEqual([])
  expect(await missingIn(exampleSite({ transport: 'plain' }))).toEqual([])
})

it('an expired certificate is not used', async () => {
  const files = new CertificateFolder(folder, 'dc1')
  await files.createAuthority({})
  const ended = new Date(Date.now() - 5 * 24 * 3600 * 1000)
  await files.issue({ name: 'dc1-app-1', days: 2, notBefore: ended })
  const { missing } = await readSiteCertificates(exampleSite(), folder)
  expect(missing.find(({ host }) => host === 'dc1-app-1')?.problem).toBe('It has expired.')
})

it('the properties of a foreign application contain the texts of its certificates, in each form', async () => {
  const files = new CertificateFolder(folder, 'dc1')
  await files.createAuthority({})
  await files.issue({ name: 'dc1-app-1', purposes: ['client'] })
  const site = exampleSite()
  const rendered = renderSite(site, () => FIXED_SECRETS, (await readSiteCertificates(site, folder)).of)
  const pem = {
    ca: textIn(rendered, 'dc1-app-1', 'tls/ca.pem'),
    cert: textIn(rendered, 'dc1-app-1', 'tls/host.pem'),
    key: textIn(rendered, 'dc1-app-1', 'tls/host-key.pem'),
  }
  expect(pem.key).toContain('PRIVATE KEY')
  const { redisProps } = JSON.parse(textIn(rendered, 'dc1-app-1', 'itential/redisProps.json'))
  expect(redisProps).toMatchObject({ tls: pem, enableTLSForSentinelMode: true, sentinelTLS: pem })
  const propertyOf = (file: string, name: string) =>
    new RegExp(`^${name}=(.*)$`, 'm').exec(textIn(rendered, 'dc1-app-1', `itential/${file}`))?.[1] ?? ''
  for (const name of ['redis_tls', 'redis_sentinel_tls']) {
    expect(JSON.parse(propertyOf('platform.properties', name))).toEqual(pem)
    // In double quotes, in which systemd and a shell take a backslash before a quote or a backslash away, as JSON does.
    const quoted = propertyOf('platform.env', `ITENTIAL_${name.toUpperCase()}`)
    expect(JSON.parse(JSON.parse(quoted))).toEqual(pem)
  }
})
