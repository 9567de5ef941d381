import { ENGINES, exampleSite, renderExample, textIn } from '@holdfast/testing/hosts/example-site'
import { describe, expect, it } from 'vitest'
import type { Engine } from '../../src/file/site.ts'

/**
 * The names of directives in the table of Valkey's `src/config.c`, read at valkey-io/valkey 00b0bb72 (with its aliases:
 * `primaryauth` is `masterauth`). Only those related to the files that Holdfast renders.
 */
const VALKEY_SERVER = words(`
  acl-pubsub-default aclfile appenddirname appendfilename appendfsync appendonly bind client-output-buffer-limit
  daemonize databases dbfilename dir disable-thp enable-debug-command io-threads logfile loglevel masterauth masteruser
  maxclients maxmemory maxmemory-policy min-replicas-max-lag min-replicas-to-write no-appendfsync-on-rewrite pidfile
  port primaryauth primaryuser protected-mode repl-backlog-size repl-diskless-load repl-diskless-sync
  repl-diskless-sync-delay repl-ping-replica-period repl-timeout replica-announce-ip replica-announce-port
  replica-priority replica-read-only replica-serve-stale-data replicaof requirepass save slaveof supervised
  tcp-backlog tcp-keepalive timeout tls-auth-clients tls-ca-cert-dir tls-ca-cert-file tls-cert-file tls-ciphers
  tls-ciphersuites tls-client-cert-file tls-client-key-file tls-key-file tls-port tls-protocols tls-replication
`)

/**
 * The directives that `sentinelHandleConfiguration` of Valkey's `src/sentinel.c` accepts, read at valkey-io/valkey
 * 008734ee (9.0).
 */
const VALKEY_SENTINEL = words(`
  announce-hostnames announce-ip announce-port auth-pass auth-user client-reconfig-script config-epoch current-epoch
  deny-scripts-reconfig down-after-milliseconds failover-timeout known-replica known-sentinel leader-epoch
  master-reboot-down-after-period monitor myid notification-script parallel-syncs primary-reboot-down-after-period
  rename-command resolve-hostnames sentinel-pass sentinel-user
`)

const render = (engine: Engine) => {
  const files = renderExample(exampleSite({ engine }))
  return {
    redis: namesIn(textIn(files, 'dc1-data-2', 'redis.conf'), 0),
    sentinel: namesIn(textIn(files, 'dc1-data-2', 'sentinel.conf'), 0),
    ofSentinel: namesIn(textIn(files, 'dc1-data-2', 'sentinel.conf'), 1),
  }
}

describe.each(ENGINES.filter(({ name }) => name === 'valkey'))('Directives for $name $version', (engine) => {
  it('Valkey has every directive of the rendered redis.conf', () => {
    for (const name of render(engine).redis) expect(VALKEY_SERVER).toContain(name)
  })

  it('Valkey has every directive of the rendered sentinel.conf', () => {
    const { sentinel, ofSentinel } = render(engine)
    for (const name of sentinel) expect([...VALKEY_SERVER, 'sentinel', 'user']).toContain(name)
    for (const name of ofSentinel) expect(VALKEY_SENTINEL).toContain(name)
  })
})

describe.each(ENGINES.filter(({ name }) => name === 'redis'))('Directives for $name $version', (engine) => {
  /** redis-group.test.ts starts Redis 7.0.15 with these files. */
  it('rendered files contain only directives that Redis 7.0 has', () => {
    expect(render(engine)).toEqual(render({ name: 'redis', version: '7.0' }))
  })
})

function words(text: string): string[] {
  return text.trim().split(/\s+/)
}

/** The first word of each line (0), or the word after `sentinel` (1). */
function namesIn(text: string, position: 0 | 1): string[] {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  const chosen = position === 0 ? lines : lines.filter((line) => line.startsWith('sentinel '))
  return chosen.map((line) => line.split(' ')[position] ?? '')
}
