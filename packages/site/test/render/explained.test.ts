import { ENGINES, exampleSite, renderExample } from '@holdfast/testing/hosts/example-site'
import { expect, it } from 'vitest'
import type { Site } from '../../src/file/site.ts'
import { type Explanation, explainFile } from '../../src/render/explain-file.ts'
import { TIMINGS } from '../../src/topology/topology.ts'

const withHosts = (site: Site, more: object): Site => ({
  ...site,
  dataCentres: site.dataCentres.map((dataCentre) => ({
    ...dataCentre,
    hosts: dataCentre.hosts.map((host) => (host.runs.includes('redis') ? { ...host, ...more } : host)),
  })),
})

const redis = (more: object): Partial<Site> => ({
  redis: {
    maxmemoryMb: 512,
    maxmemoryPolicy: 'noeviction',
    backlogMb: 32,
    replicaBufferMb: 128,
    appendfsync: 'everysec',
    ...more,
  },
})

/** Sites that differ in the settings of a file. */
const SITES: Site[] = [
  exampleSite(),
  exampleSite({ transport: 'plain' }),
  exampleSite({ transport: 'stunnel' }),
  exampleSite({ timings: TIMINGS.fast }),
  exampleSite(redis({})),
  exampleSite(redis({ appendfsync: 'always' })),
  exampleSite(redis({ maxmemoryPolicy: 'allkeys-lru' })),
  withHosts(exampleSite(), { replicaPriority: 50 }),
  withHosts(exampleSite(), { replicaPriority: 0 }),
  exampleSite({ profile: 'as-documented', transport: 'plain' }),
  ...ENGINES.map((engine) => exampleSite({ engine })),
]

/** Statements that are true for one value of a directive and false for another. */
const CLAIMS: [says: RegExp, holdsFor: (one: Explanation) => boolean][] = [
  [/^Equal|same as on every node|equal ones/, ({ value }) => value === '100'],
  [/never promoted/, ({ value }) => value === '0'],
  [/lowest first/, ({ value }) => Number(value) > 0 && value !== '100'],
  [
    /Never drops|never drops a session/,
    ({ value, directive }) => directive !== 'maxmemory-policy' || value === 'noeviction',
  ],
  [/drops sessions/, ({ value, directive }) => directive !== 'maxmemory-policy' || value !== 'noeviction'],
  [/Nothing is lost|waits for the disk\.$/, ({ value }) => value === 'always'],
  [/last second is lost/, ({ value }) => value === 'everysec'],
  [/^No plain port/, ({ value, directive }) => directive === 'port' && value === '0'],
  [/^(Every host uses the same port|The usual port of Sentinel)/, ({ value }) => value !== '0'],
]

/** Directives whose constant reason was reviewed: it is true for every value. */
const TRUE_OF_ANY = [
  ...[
    'bind',
    'tls-port',
    'dir',
    'aclfile',
    'daemonize',
    'replicaof',
    'masterauth',
    'primaryauth',
    'requirepass',
    'slaveof',
  ],
  ...['replica-announce-ip', 'replica-announce-port', 'maxmemory', 'repl-backlog-size'],
  ...[
    'client-output-buffer-limit replica',
    'sentinel announce-ip',
    'sentinel announce-port',
    'sentinel monitor',
  ],
  ...[
    'sentinel auth-pass',
    'sentinel sentinel-pass',
    'sentinel down-after-milliseconds',
    'sentinel failover-timeout',
  ],
]

const explained = SITES.flatMap((site) =>
  renderExample(site)
    .filter(({ path }) => /\/(redis|sentinel)\.conf$/.test(path))
    .flatMap(({ document }) => explainFile(document)),
)

it('no explanation of a rendered file contradicts the value', () => {
  const wrong = explained.filter((one) =>
    CLAIMS.some(([says, holds]) => says.test(`${one.why}`) && !holds(one)),
  )
  expect([...new Set(wrong.map(({ directive, value, why }) => `${directive} ${value}: ${why}`))]).toEqual([])
  const titles = explained.filter(({ directive }) => directive === 'maxmemory-policy')
  for (const { part, value } of titles) {
    expect([value, /never drops/.test(part)]).toEqual([value, value === 'noeviction'])
  }
})

it('a directive whose value depends on the site has an explanation that depends on it too, or is true for every value', () => {
  const byName = Map.groupBy(explained, ({ directive }) => directive)
  const constant = [...byName]
    .filter(([name]) => !name.startsWith('user ') && !TRUE_OF_ANY.includes(name))
    .filter(([, all]) => new Set(all.map(({ value }) => value)).size > 1)
    .filter(([, all]) => new Set(all.map(({ why }) => why)).size === 1)
  expect(constant.map(([name]) => name)).toEqual([])
})
