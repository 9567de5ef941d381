import { operatedSite, proxiedSite, renderExample } from '@holdfast/testing/hosts/example-site'
import { expect, it } from 'vitest'
import { type HostDelivery, hostCertificates, hostPasswords, hostRings } from '../../src/rotate/host-files.ts'

const site = operatedSite()
const files = renderExample(site, () => ({ authority: 'an authority', certificate: 'of it', key: 'its key' }))

it.each<[string, typeof hostRings, string[]]>([
  [
    'passwords',
    (dataCentre) => hostPasswords(dataCentre, ['admin', 'app', 'sentinel']),
    ['dc1-data-1', 'dc1-data-2', 'dc1-data-3', 'dc1-app-1', 'dc1-gateway-1'],
  ],
  [
    'certificates',
    (dataCentre) => hostCertificates(site, dataCentre),
    ['dc1-data-1', 'dc1-data-2', 'dc1-data-3', 'dc1-app-1', 'dc1-gateway-1', 'dc1-operator'],
  ],
  ['a key ring', hostRings, ['dc1-app-1', 'dc1-gateway-1']],
])('what a host needs of %s is what is rendered for it, where it is installed', (_, deliveries, hosts) => {
  const found: HostDelivery[] = site.dataCentres.flatMap(deliveries)
  expect(found.map(({ host }) => host)).toEqual(hosts)
  for (const { from, to } of found.flatMap((one) => one.files))
    expect(files.find(({ path }) => path === from)).toMatchObject({ installAt: to })
})

it('the steps of each host contain only what that host must do itself, and nothing that is sent over the network', () => {
  const [dataCentre] = site.dataCentres
  if (dataCentre === undefined) throw new Error('the example has a data centre')
  const commands = Object.fromEntries(
    hostCertificates(site, dataCentre).map(({ host, steps }) => [host, steps.map(({ command }) => command)]),
  )
  expect(commands).toEqual({
    'dc1-data-1': ['systemctl restart holdfast-watchdog'],
    'dc1-data-2': ['systemctl restart holdfast-watchdog'],
    'dc1-data-3': ['systemctl restart holdfast-watchdog'],
    'dc1-app-1': ['store.renew({ tls }), or restart it'],
    'dc1-gateway-1': ['systemctl reload holdfast-gateway'],
    'dc1-operator': [],
  })
})

it('a host with a proxy gets its new files, and the proxy takes them without a restart', () => {
  const site = proxiedSite()
  const [dataCentre] = site.dataCentres
  if (dataCentre === undefined) throw new Error('the example has a data centre')
  const rendered = renderExample(site).map(({ path }) => path)
  const php = hostPasswords(dataCentre, ['app', 'proxy:web']).find(({ host }) => host === 'dc1-php-1')
  expect(php?.files.map(({ from }) => from)).toEqual([
    'dc1/dc1-php-1/proxy.env',
    'dc1/dc1-php-1/redis-clients/web.env',
  ])
  for (const { from } of php?.files ?? []) expect(rendered).toContain(from)
  expect(php?.steps.map(({ command }) => command)).toEqual([
    'systemctl reload holdfast-proxy',
    'give the clients their new passwords (web), and restart them',
  ])
  const certificates = hostCertificates(site, dataCentre).find(({ host }) => host === 'dc1-php-1')
  expect(certificates?.steps.map(({ command }) => command)).toEqual(['systemctl reload holdfast-proxy'])
})
