import { exampleSite, renderExample, textIn } from '@holdfast/testing/hosts/example-site'
import { expect, it } from 'vitest'

it('rendered files contain the settings of Redis, the host and the quorum from the site', () => {
  const redis = {
    maxmemoryMb: 512,
    maxmemoryPolicy: 'noeviction',
    backlogMb: 32,
    replicaBufferMb: 128,
    appendfsync: 'always',
  } as const
  const site = exampleSite({ redis })
  const dataCentres = site.dataCentres.map((dataCentre) => ({
    ...dataCentre,
    quorum: 3,
    hosts: dataCentre.hosts.map((host) => ({ ...host, replicaPriority: 50 })),
  }))
  const files = renderExample({ ...site, dataCentres })
  const redisConf = textIn(files, 'dc1-data-2', 'redis.conf')
  for (const line of [
    'appendfsync always',
    'maxmemory 512mb',
    'maxmemory-policy noeviction',
    'repl-backlog-size 32mb',
    'client-output-buffer-limit replica 128mb 64mb 60',
    'replica-priority 50',
  ]) {
    expect(redisConf).toContain(`\n${line}\n`)
  }
  expect(textIn(files, 'dc1-data-2', 'sentinel.conf')).toMatch(/^sentinel monitor mymaster \S+ \d+ 3$/m)
})
