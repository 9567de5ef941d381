import { exampleSite, renderExample, textIn } from '@holdfast/testing/hosts/example-site'
import { FIXED_SECRETS } from '@holdfast/testing/local/fixed-secrets'
import { describe, expect, it } from 'vitest'
import { TIMINGS } from '../../src/topology/topology.ts'

const SERVER = '<current server ip>'
const PRIMARY = '<master server ip>'
const NAME = '<redis cluster name>'
const PASSWORD = '"<SecretPassword>"'

/** The three examples of Itential, "Shared Token Redis", directive by directive, in their order. */
const DOCUMENT = {
  master: [
    ['bind', SERVER],
    ['requirepass', PASSWORD],
    ['masterauth', PASSWORD],
  ],
  slave: [
    ['bind', SERVER],
    ['requirepass', PASSWORD],
    ['masterauth', PASSWORD],
    ['slaveof', PRIMARY, '6379'],
  ],
  sentinel: [
    ['bind', SERVER],
    ['port', '26379'],
    ['sentinel', 'monitor', NAME, PRIMARY, '6379', '2'],
    ['sentinel', 'down-after-milliseconds', NAME, '10000'],
    ['sentinel', 'failover-timeout', NAME, '30000'],
    ['sentinel', 'auth-pass', NAME, PASSWORD],
  ],
}

describe('The profile as-documented', () => {
  const site = exampleSite({ profile: 'as-documented', transport: 'plain', timings: TIMINGS.reference })
  const files = renderExample(site)

  it.each([
    ['a master', 'dc1-data-1', 'redis.conf', DOCUMENT.master],
    ['a slave', 'dc1-data-2', 'redis.conf', DOCUMENT.slave],
    ['another slave', 'dc1-data-3', 'redis.conf', DOCUMENT.slave],
    ['a Sentinel', 'dc1-data-3', 'sentinel.conf', DOCUMENT.sentinel],
  ])(
    'the configuration of %s has exactly the directives that the document prints',
    (_, host, name, directives) => {
      const address = site.dataCentres[0]?.hosts.find((one) => one.name === host)?.address ?? ''
      const filled = new Map([
        [SERVER, address],
        [PRIMARY, '10.20.0.11'],
        [NAME, 'mymaster'],
        [PASSWORD, `"${FIXED_SECRETS.admin}"`],
      ])
      const expected = directives.map((directive) => directive.map((word) => filled.get(word) ?? word))
      const rendered = textIn(files, host, name)
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#'))
        .map((line) => line.split(' '))
      expect(rendered).toEqual(expected)
    },
  )

  it('the platform gets the single password, and no user', () => {
    const { redisProps } = JSON.parse(textIn(files, 'dc1-app-1', 'itential/redisProps.json')) as {
      redisProps: Record<string, unknown>
    }
    expect(redisProps).toEqual({
      db: 0,
      host: null,
      name: 'mymaster',
      password: FIXED_SECRETS.admin,
      sentinels: [11, 12, 13].map((last) => ({ host: `10.20.0.${last}`, port: 26_379 })),
      maxRetriesPerRequest: 20,
      maxHeartbeatWriteRetries: 20,
    })
  })
})
