import type { Fact } from './engine.ts'
import { REDIS_FACTS } from './redis-facts.ts'
import { SOURCE } from './sources.ts'

const { document, measured, redisSentinel, sentinelConf } = SOURCE

/** The reason for each directive of sentinel.conf. sentinel-conf.ts sets the values. */
export const SENTINEL_FACTS = {
  bind: REDIS_FACTS.bind,
  port: {
    why: (port) =>
      port === '0'
        ? 'No plain port: only TLS connections.'
        : 'The usual port of Sentinel, the same on every host.',
    source: document,
  },
  'protected-mode': REDIS_FACTS['protected-mode'],
  'tls-port': REDIS_FACTS['tls-port'],
  'tls-cert-file': {
    why: 'Sentinel shows it to clients, and to every Redis and Sentinel that it connects to.',
    source: measured,
  },
  'tls-key-file': REDIS_FACTS['tls-key-file'],
  'tls-ca-cert-file': REDIS_FACTS['tls-ca-cert-file'],
  'tls-auth-clients': REDIS_FACTS['tls-auth-clients'],
  'tls-replication': {
    why: 'On a Sentinel, this covers every connection that it opens: to Redis and to other Sentinels.',
    source: measured,
  },
  'tls-protocols': REDIS_FACTS['tls-protocols'],
  daemonize: REDIS_FACTS.daemonize,
  dir: { why: 'The folder of the file that Sentinel rewrites.', source: measured },
  'sentinel sentinel-user': {
    why: 'Sentinels connect to each other as a user that may do nothing else.',
    source: sentinelConf,
  },
  'sentinel sentinel-pass': {
    why: 'The password of that user on the other Sentinels.',
    source: sentinelConf,
    isSecret: true,
  },
  'sentinel announce-ip': {
    why: 'The address at which other Sentinels and clients reach this Sentinel.',
    source: redisSentinel,
  },
  'sentinel announce-port': { why: 'The port of that address.', source: redisSentinel },
  'sentinel deny-scripts-reconfig': {
    why: 'An attacker who logs in cannot make Sentinel run a program.',
    source: sentinelConf,
  },
  'sentinel monitor': {
    why: 'The primary at the first start, and how many Sentinels must agree that it is down.',
    source: document,
  },
  'sentinel auth-user': { why: 'Sentinel has its own user on each Redis.', source: sentinelConf },
  'sentinel auth-pass': { why: 'The password of that user.', source: document, isSecret: true },
  'sentinel down-after-milliseconds': {
    why: 'How long a node must be silent before Sentinel marks it as down (in milliseconds). Below 1500, Sentinel may mark a primary as down just after its promotion.',
    source: `${document}; ${measured}`,
  },
  'sentinel failover-timeout': {
    why: 'Sentinel abandons a failover that does not finish within this time (in milliseconds), and retries after twice this time.',
    source: document,
  },
  'sentinel parallel-syncs': {
    why: 'After a failover, only one replica at a time copies the data, so that another can answer.',
    source: redisSentinel,
  },
  'sentinel master-reboot-down-after-period': {
    why: 'Sentinel does not fail over a primary because it is loading its data: nothing is lost.',
    source: `${sentinelConf}; Valkey's name: ${SOURCE.valkeySentinel}`,
    valkey: 'sentinel primary-reboot-down-after-period',
  },
} as const satisfies Record<string, Fact>
