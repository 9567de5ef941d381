import { expect, test } from 'vitest'
import { unsupportedByHello, unsupportedNode } from '../../src/redis/supported-server.ts'

const AT = '10.0.0.1:6379'
const info = (version: string, mode = 'standalone', more = '') =>
  `# Server\r\nredis_version:${version}\r\nredis_mode:${mode}\r\n${more}server_time_usec:1\r\n`
/** As Valkey 8.1.1 answers; it keeps the names of Redis only with `extended-redis-compatibility yes`. */
const valkey = (mode: string) =>
  `# Server\r\nredis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.1.1\r\nserver_mode:${mode}\r\n`

test.each<[string, string]>([
  ['Redis 7.0', info('7.0.15')],
  ['Redis 8', info('8.2.1')],
  [
    'Valkey 7.2, which is compatible with Redis 7.2',
    info('7.2.4', 'standalone', 'server_name:valkey\r\nvalkey_version:7.2.5\r\n'),
  ],
  ['Valkey 8.1', valkey('standalone')],
])('a node with %s is taken', (_, text) => {
  expect(unsupportedNode(AT, text)).toBeNull()
})

test.each<[string, string, string, RegExp]>([
  [
    'Redis 6.2',
    info('6.2.14'),
    'version',
    /^10\.0\.0\.1:6379 is Redis 6\.2\.14, and Holdfast needs 7\.0 or later, or Valkey\. Upgrade it\.$/,
  ],
  ['KeyDB, by its version of Redis', info('6.3.4'), 'version', /6\.3\.4/],
  ['no version at all', 'redis_mode:standalone\r\n', 'version', /does not say which version/],
  ['a version that is no number', info('latest'), 'version', /does not say which version/],
  ['a cluster', info('7.0.15', 'cluster'), 'cluster', /is a node of a Redis Cluster.*`cluster-enabled no`/],
  ['a cluster of Valkey', valkey('cluster'), 'cluster', /is a node of a Redis Cluster/],
  ['a Sentinel', info('7.0.15', 'sentinel'), 'mode', /is a Sentinel, not a Redis/],
  ['a mode of its own', info('7.0.15', 'proxy'), 'mode', /in the mode "proxy"/],
  ['Dragonfly', info('7.4.0', 'standalone', 'dragonfly_version:df-v1.30.0\r\n'), 'product', /is Dragonfly/],
  ['Garnet', info('7.4.3', 'standalone', 'garnet_version:1.0.5\r\n'), 'product', /is Garnet/],
])('a node with %s is refused in one sentence or two', (_, text, reason, sentence) => {
  expect(unsupportedNode(AT, text)).toMatchObject({
    code: 'UNSUPPORTED_SERVER',
    reason,
    message: expect.stringMatching(sentence),
  })
})

test('a Sentinel is told from a Redis and from an old one by what it answers to HELLO', () => {
  const unsupportedSentinel = (at: string, reply: unknown) => unsupportedByHello(at, reply, 'sentinel')
  const hello = (version: string, mode: string) => ({
    server: Buffer.from('redis'),
    version: Buffer.from(version),
    mode,
  })
  expect(unsupportedSentinel(AT, hello('7.0.15', 'sentinel'))).toBeNull()
  expect(unsupportedSentinel(AT, hello('6.2.14', 'sentinel'))).toMatchObject({ reason: 'version' })
  expect(unsupportedSentinel(AT, hello('7.0.15', 'standalone'))?.message).toContain(
    'is a Redis, not a Sentinel',
  )
  expect(unsupportedSentinel(AT, hello('7.0.15', 'cluster'))).toMatchObject({ reason: 'cluster' })
  expect(unsupportedSentinel(AT, null)).toMatchObject({ reason: 'version' })
})
