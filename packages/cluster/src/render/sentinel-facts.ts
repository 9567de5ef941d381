import type { Fact } from './facts.ts'
import { REDIS_FACTS } from './redis-facts.ts'
import { SOURCE } from './sources.ts'

const { document, measured, redisSentinel, sentinelConf } = SOURCE

/** Why each directive of sentinel.conf is there. Its value is given where the file is put together. */
export const SENTINEL_FACTS = {
  bind: REDIS_FACTS.bind,
  port: {
    why: (port) =>
      port === '0' ? 'No plain port: TLS takes its place.' : "Sentinel's usual port, the same on every host.",
    source: document,
  },
  'protected-mode': REDIS_FACTS['protected-mode'],
  'tls-port': REDIS_FACTS['tls-port'],
  'tls-cert-file': {
    why: 'Shown to clients, and to every Redis and Sentinel that this one asks.',
    source: measured,
  },
  'tls-key-file': REDIS_FACTS['tls-key-file'],
  'tls-ca-cert-file': REDIS_FACTS['tls-ca-cert-file'],
  'tls-auth-clients': REDIS_FACTS['tls-auth-clients'],
  'tls-replication': {
    why: 'On a Sentinel this means every connection that it opens: to Redis and to the other Sentinels.',
    source: measured,
  },
  'tls-protocols': REDIS_FACTS['tls-protocols'],
  daemonize: REDIS_FACTS.daemonize,
  dir: { why: 'Sentinel keeps its own file here and must be able to rewrite it.', source: measured },
  'sentinel sentinel-user': {
    why: 'Sentinels ask each other as a user that may do nothing else.',
    source: sentinelConf,
  },
  'sentinel sentinel-pass': {
    why: "That user's password on the other Sentinels.",
    source: sentinelConf,
    isSecret: true,
  },
  'sentinel announce-ip': {
    why: 'The address by which the other Sentinels and the clients know this one.',
    source: redisSentinel,
  },
  'sentinel announce-port': { why: 'The port that belongs to it.', source: redisSentinel },
  'sentinel deny-scripts-reconfig': {
    why: 'Nobody who gets in can make it run a program.',
    source: sentinelConf,
  },
  'sentinel monitor': {
    why: 'The primary at the first start, and how many Sentinels must agree that it is down.',
    source: document,
  },
  'sentinel auth-user': { why: 'Sentinel has a user of its own on each Redis.', source: sentinelConf },
  'sentinel auth-pass': { why: "That user's password.", source: document, isSecret: true },
  'sentinel down-after-milliseconds': {
    why: 'How long a node is silent until it counts as down. Under 1500 a just promoted primary can be taken for dead.',
    source: `${document}; ${measured}`,
  },
  'sentinel failover-timeout': {
    why: 'A failover that gets nowhere is given up after this, and tried again after twice as long.',
    source: document,
  },
  'sentinel parallel-syncs': {
    why: 'After a failover one replica copies at a time, so that another can answer.',
    source: redisSentinel,
  },
  'sentinel master-reboot-down-after-period': {
    why: 'A primary that still loads its data is not failed over for that: it has not lost anything.',
    source: `${sentinelConf}; Valkey's name: ${SOURCE.valkeySentinel}`,
    valkey: 'sentinel primary-reboot-down-after-period',
  },
} as const satisfies Record<string, Fact>
