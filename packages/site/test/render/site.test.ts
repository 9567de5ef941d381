import {
  ENGINES,
  exampleHost,
  exampleSite,
  operatedSite,
  proxiedSite,
  renderExample,
  textIn,
  tunnelledSite,
} from '@holdfast/testing/hosts/example-site'
import { FIXED_SECRETS } from '@holdfast/testing/local/fixed-secrets'
import { describe, expect, it } from 'vitest'
import type { Site } from '../../src/file/site.ts'
import { explainFile } from '../../src/render/explain-file.ts'
import { filesOfHost, renderSite } from '../../src/render/render-site.ts'
import { RENDERED_BY, version } from '../../src/version.ts'

const golden = (path: string) => new URL(`./golden/sites/${path}`, import.meta.url).pathname

/** The files of each site that have a golden file. */
const KEPT: [folder: string, site: Site, isKept: (path: string) => boolean][] = [
  ['tls', exampleSite(), () => true],
  [
    'stunnel',
    exampleSite({ transport: 'stunnel' }),
    (path) => /data-2\/|app-1\/(stunnel|holdfast)/.test(path),
  ],
  ['proxied', proxiedSite(), (path) => /(app-1|php-1)\/|data-2\/(users.acl|nftables)/.test(path)],
  ['operator', operatedSite(), (path) => /operator\/|(gateway-1|data-2)\/nftables/.test(path)],
  ['wireguard', tunnelledSite(), (path) => /data-2\/|app-1\/(wireguard|nftables)/.test(path)],
  [
    'as-documented',
    exampleSite({ profile: 'as-documented', transport: 'plain' }),
    (path) => /data-[12]\/[a-z]+\.|data-2\/systemd\/holdfast-redis|itential/.test(path),
  ],
  ...ENGINES.map((engine): [string, Site, (path: string) => boolean] => [
    `${engine.name}-${engine.version}`,
    exampleSite({ engine }),
    (path) => /data-2\/(redis.conf|users.acl|sentinel.conf)$/.test(path),
  ]),
]

/** A new version changes no golden file. */
const withoutVersion = (text: string) =>
  text.replace(`${RENDERED_BY}=${version()}\n`, `${RENDERED_BY}=<version>\n`)

describe.each(KEPT)('The example site %s', (folder, site, isKept) => {
  const files = renderExample(site).filter(({ path }) => isKept(path))
  it.each(files.map(({ path, text }) => [path, text]))(
    'the rendered %s equals the golden file',
    async (path, text) => {
      await expect(withoutVersion(text)).toMatchFileSnapshot(golden(`${folder}/${path}`))
    },
  )
})

describe('renderSite', () => {
  const all = [
    operatedSite(),
    operatedSite({ transport: 'stunnel' }),
    tunnelledSite(),
    proxiedSite(),
    exampleSite({ profile: 'as-documented', transport: 'plain' }),
  ].flatMap((site) => renderExample(site))

  // INV-SITE-10.
  it('every directive of every rendered file has a reason and a source', () => {
    for (const { document, path } of all) {
      for (const { directive, why, source } of explainFile(document)) {
        expect(`${why} (${source})`, `${directive} in ${path}`).toMatch(/^\S.*[.] \(.+\)$/s)
      }
    }
  })

  // INV-SITE-11.
  it('secrets are only in files of mode 0600, and in no explanation', () => {
    const secrets = Object.values(FIXED_SECRETS).filter((value) => typeof value === 'string')
    const passwords = secrets.filter((value) => value.endsWith('-of-the-golden-files'))
    for (const { text, mode, document, path } of all) {
      const told = JSON.stringify(explainFile(document))
      for (const password of passwords) {
        if (text.includes(password)) expect(mode, path).toBe(0o600)
        expect(told, path).not.toContain(password)
      }
      expect(told, path).not.toContain(FIXED_SECRETS.keyring.index)
      if (/PrivateKey|PresharedKey|KEYRING/.test(text)) expect(mode, path).toBe(0o600)
    }
  })

  it('data centres share nothing: each has its own hosts and secrets', () => {
    const [first] = exampleSite().dataCentres
    if (first === undefined) throw new Error('the example has a data centre')
    const second = {
      ...first,
      name: 'dc2',
      hosts: first.hosts.map((host) => ({
        ...host,
        name: host.name.replace('dc1', 'dc2'),
        address: host.address.replace('10.20', '10.30'),
      })),
    }
    const asked: string[] = []
    const files = renderSite(exampleSite({ dataCentres: [first, second] }), ({ name }) => {
      asked.push(name)
      return FIXED_SECRETS
    })
    expect(asked).toEqual(['dc1', 'dc2'])
    for (const { dataCentre, text } of files) {
      expect(text).not.toContain(dataCentre === 'dc1' ? '10.30.' : '10.20.')
    }
  })

  it('files for Valkey use the names of its program and its directives', () => {
    const valkey = renderExample(exampleSite({ engine: { name: 'valkey', version: '8.0' } }))
    expect(textIn(valkey, 'dc1-data-1', 'redis.conf')).toMatch(/^primaryuser replica$/m)
    expect(textIn(valkey, 'dc1-data-1', 'sentinel.conf')).toMatch(
      /^sentinel primary-reboot-down-after-period/m,
    )
    expect(textIn(valkey, 'dc1-data-1', 'systemd/holdfast-redis.service')).toContain('/usr/bin/valkey-server')
    const redis = renderExample(exampleSite())
    expect(textIn(redis, 'dc1-data-1', 'redis.conf')).toMatch(/^masteruser replica$/m)
  })

  it('ACL rules contain only commands that the engine has, because it would not start otherwise', () => {
    const usersOf = (engine: Site['engine']) =>
      textIn(renderExample(exampleSite({ engine })), 'dc1-data-1', 'users.acl')
    expect(usersOf({ name: 'redis', version: '7.0' })).not.toContain('client|setinfo')
    expect(usersOf({ name: 'redis', version: '7.2' })).toContain('+client|setinfo')
    expect(usersOf({ name: 'valkey', version: '8.0' })).not.toContain('+failover')
    expect(usersOf({ name: 'valkey', version: '9.0' })).toContain('+failover +client|pause +client|unpause')
  })

  it('the firewall of a gateway accepts only balancers, and is not rendered if the site has none', () => {
    const site = exampleSite()
    const files = renderExample(site)
    expect(textIn(files, 'dc1-gateway-1', 'nftables.conf')).toContain(
      'ip saddr { 10.20.0.41 } tcp dport 8080',
    )
    const dataCentres = site.dataCentres.map((dataCentre) => ({
      ...dataCentre,
      hosts: dataCentre.hosts.filter(({ runs }) => !runs.includes('balancer')),
    }))
    const names = renderExample({ ...site, dataCentres }).map(({ path }) => path)
    expect(names).toContain('dc1/dc1-data-1/nftables.conf')
    expect(names).not.toContain('dc1/dc1-gateway-1/nftables.conf')
  })

  it.each([
    [90, 'monthly'],
    [62, 'monthly'],
    [61, 'weekly'],
    [14, 'weekly'],
    [13, 'daily'],
    [1, 'daily'],
  ])('the timer for passwords with a maximum age of %i days runs %s', (usersDays, calendar) => {
    const rotation = { usersDays, keyringDays: 90, certificateDaysLeft: 30 }
    const timer = textIn(
      renderExample(operatedSite({ rotation })),
      'dc1-operator',
      'systemd/holdfast-rotate-passwords.timer',
    )
    expect(timer).toContain(`OnCalendar=${calendar}\nPersistent=true\n`)
  })

  it.each([
    [30, '--within 37 --days 90'],
    [80, '--within 87 --days 174'],
    [398, '--within 397 --days 398'],
  ])(
    'the timer for certificates runs daily and renews before the doctor warns at %i days left',
    (certificateDaysLeft, options) => {
      const rotation = { usersDays: 90, keyringDays: 90, certificateDaysLeft }
      const files = renderExample(operatedSite({ rotation }))
      const of = (ending: string) =>
        textIn(files, 'dc1-operator', `systemd/holdfast-rotate-certificates.${ending}`)
      expect(of('timer')).toContain('OnCalendar=daily\nPersistent=true\n')
      expect(of('service')).toContain(
        `rotate certificates --file /etc/holdfast/holdfast.yaml --data-centre dc1 ${options} --certificates /etc/holdfast/certificates --client-cert dc1-operator --deliver-command /etc/holdfast/deliver\n`,
      )
    },
  )

  it('an operator host has no timer for certificates with the transports stunnel and plain', () => {
    for (const transport of ['stunnel', 'plain'] as const) {
      const names = renderExample(operatedSite({ transport })).map(({ path }) => path)
      expect(names.filter((name) => name.includes('rotate-certificates'))).toEqual([])
    }
  })

  it('an operator host has no timer if no file keeps the secrets', () => {
    const site = operatedSite()
    const dataCentres = site.dataCentres.map((dataCentre) => ({
      ...dataCentre,
      secrets: { kind: 'credentials' as const },
    }))
    const names = renderExample({ ...site, dataCentres }).map(({ path }) => path)
    expect(names.filter((name) => name.includes('rotate'))).toEqual([])
  })

  it('filesOfHost returns the files of one host, and its error lists the hosts', () => {
    const files = renderExample(exampleSite())
    expect(new Set(filesOfHost(files, 'dc1-data-2').map(({ host }) => host))).toEqual(new Set(['dc1-data-2']))
    expect(() => filesOfHost(files, 'nobody')).toThrow(/"nobody".*dc1-data-1, .*dc1-balancer/)
  })
})

describe('Sites that cannot work', () => {
  const withHosts = (transport: Site['transport'], hosts: ReturnType<typeof exampleHost>[]): Site => {
    const site = exampleSite({ transport })
    return { ...site, dataCentres: site.dataCentres.map((dataCentre) => ({ ...dataCentre, hosts })) }
  }
  it.each<[string, Site, RegExp]>([
    [
      'wireguard without a tunnel address',
      exampleSite({ transport: 'wireguard' }),
      /dc1-data-1 has no tunnelAddress/,
    ],
    [
      'stunnel with two hosts that would have the same loopback address',
      withHosts('stunnel', [
        exampleHost('a', 1, ['redis']),
        exampleHost('b', 1, ['redis'], { address: '11.20.0.1' }),
      ]),
      /Hosts a and b of dc1 would both have the address 127\.20\.0\.1/,
    ],
    [
      'TLS with the profile as-documented',
      exampleSite({ profile: 'as-documented' }),
      /does not support the transport "tls"/,
    ],
    [
      'a data centre without Redis',
      withHosts('tls', [exampleHost('a', 1, ['sentinel'])]),
      /No host of dc1 runs redis/,
    ],
  ])('renderSite rejects %s', (_, site, message) => {
    expect(() => renderExample(site)).toThrow(
      expect.objectContaining({ code: 'RENDER_REFUSED', message: expect.stringMatching(message) }),
    )
  })
})
