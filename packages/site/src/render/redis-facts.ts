import { REPLICA_PRIORITY } from '../file/site.ts'
import type { Fact } from './engine.ts'
import { SOURCE } from './sources.ts'

const { measured, redisConf, redisTls, redisSecurity, redisPersistence, redisReplication, redisAcl } = SOURCE

/** The reason for each directive of redis.conf. redis-conf.ts sets the values. */
export const REDIS_FACTS = {
  bind: {
    why: 'Only the addresses that clients need. An address without a listener cannot be attacked.',
    source: redisSecurity,
  },
  port: {
    why: (port) =>
      port === '0'
        ? 'No plain port: only TLS connections.'
        : 'Every host uses the same port, because a primary cannot announce a mapped port.',
    source: measured,
  },
  'protected-mode': {
    why: 'Rejects clients on other hosts if the passwords are ever lost from the file.',
    source: redisSecurity,
  },
  'tls-port': {
    why: 'The same on every host, because a primary cannot announce a mapped port.',
    source: redisTls,
  },
  'tls-cert-file': {
    why: 'Redis shows it to clients, and as a replica to its primary. So it needs serverAuth and clientAuth.',
    source: measured,
  },
  'tls-key-file': { why: 'The key of that certificate.', source: redisTls },
  'tls-ca-cert-file': {
    why: 'The authority of this data centre. Redis rejects certificates of any other authority.',
    source: redisTls,
  },
  'tls-auth-clients': {
    why: 'A client must show a certificate before it can try a password.',
    source: redisTls,
  },
  'tls-replication': {
    why: 'A replica connects to its primary with TLS. If only one side uses TLS, replication never connects.',
    source: redisTls,
  },
  'tls-protocols': { why: 'Nothing older than TLS 1.2.', source: SOURCE.rfc8446 },
  daemonize: {
    why: 'The process that starts Redis supervises it, so Redis stays in the foreground.',
    source: redisConf,
  },
  databases: {
    why: 'Tokens need one database. The Redis proxy keeps its records in database 15.',
    source: redisConf,
  },
  dir: { why: 'The folder of the append-only file.', source: redisConf },
  aclfile: {
    why: 'With a separate file, users can be changed and saved while Redis runs.',
    source: redisAcl,
  },
  appendonly: {
    why: 'If a primary restarts without its data, its replicas copy the empty data set.',
    source: measured,
  },
  appendfsync: {
    why: (value) =>
      value === 'always'
        ? 'Nothing is lost, even if every node loses power at once; each write waits for the disk.'
        : 'About the last second is lost, and only if every node loses power at once.',
    source: redisPersistence,
  },
  'no-appendfsync-on-rewrite': {
    why: 'Redis waits for the disk in the same way while it rewrites the file.',
    source: redisPersistence,
  },
  save: { why: 'No snapshots: the append-only file contains all data.', source: redisPersistence },
  maxmemory: {
    why: 'With full memory, Redis rejects logins, and the kernel does not kill it. Set redis.maxmemoryMb to fit the host.',
    source: redisConf,
  },
  'maxmemory-policy': {
    why: (value) =>
      value === 'noeviction'
        ? 'Never drops a session or a revocation.'
        : 'Set in holdfast.yaml: with full memory, Redis drops sessions and revocations. noeviction never does.',
    source: redisConf,
  },
  replicaof: {
    why: 'The primary to follow at the first start. Afterwards Sentinel rewrites this line.',
    source: redisReplication,
  },
  masteruser: {
    why: 'Replication has its own user, which may do nothing else.',
    source: redisAcl,
    valkey: 'primaryuser',
  },
  masterauth: {
    why: 'The password of that user. Every node has it, because every node may become a replica.',
    source: redisReplication,
    valkey: 'primaryauth',
    isSecret: true,
  },
  'replica-announce-ip': {
    why: 'The address at which Sentinel and clients reach this node, whatever the source address of its connections.',
    source: redisReplication,
  },
  'replica-announce-port': { why: 'The port of that address.', source: redisReplication },
  'replica-priority': {
    why: (value) => {
      if (value === '0') return 'Set in holdfast.yaml: this node is never promoted.'
      return value === String(REPLICA_PRIORITY)
        ? 'The same as on every node without a setting. Of equal ones, Sentinel promotes the replica with the most data.'
        : 'Set in holdfast.yaml: Sentinel promotes the lowest first, even if another replica has more data.'
    },
    source: measured,
  },
  'min-replicas-to-write': {
    why: 'A primary without a connected replica rejects writes, so a primary that is cut off acknowledges nothing.',
    source: measured,
  },
  'min-replicas-max-lag': {
    why: 'How long (in seconds) a silent replica counts as connected. A primary that is cut off accepts writes for this long.',
    source: measured,
  },
  'repl-timeout': {
    why: 'Redis closes the connection to a replica or primary that is silent for this long (in seconds).',
    source: redisReplication,
  },
  'repl-ping-replica-period': {
    why: 'The interval of pings (in seconds), short enough for the two limits above.',
    source: redisReplication,
  },
  'repl-backlog-size': {
    why: 'A replica that reconnects catches up without a full copy.',
    source: redisReplication,
  },
  'client-output-buffer-limit replica': {
    why: 'Must be above the backlog. A smaller limit disconnects a replica while it catches up.',
    source: measured,
  },
  'repl-diskless-sync': {
    why: 'A full copy does not wait for the disk of the primary.',
    source: redisReplication,
  },
  'repl-diskless-sync-delay': {
    why: 'The primary does not wait for further replicas before it starts a full copy.',
    source: redisReplication,
  },
  'repl-diskless-load': {
    why: 'A replica keeps its old data until the new copy is complete.',
    source: redisReplication,
  },
} as const satisfies Record<string, Fact>
