import { REPLICA_PRIORITY } from '../site/site.ts'
import type { Fact } from './facts.ts'
import { SOURCE } from './sources.ts'

const { measured, redisConf, redisTls, redisSecurity, redisPersistence, redisReplication, redisAcl } = SOURCE

/** Why each directive of redis.conf is there. Its value is given where the file is put together. */
export const REDIS_FACTS = {
  bind: {
    why: 'Only the addresses at which it is needed: what does not listen cannot be attacked.',
    source: redisSecurity,
  },
  port: {
    why: (port) =>
      port === '0'
        ? 'No plain port: TLS takes its place.'
        : 'Every host uses the same port: a primary cannot announce a mapped one.',
    source: measured,
  },
  'protected-mode': {
    why: 'Refuses strangers should the passwords ever be lost from the file.',
    source: redisSecurity,
  },
  'tls-port': {
    why: 'The same on every host: a primary cannot announce a mapped one.',
    source: redisTls,
  },
  'tls-cert-file': {
    why: 'Shown to clients, and to the primary when this node is a replica: it needs serverAuth and clientAuth.',
    source: measured,
  },
  'tls-key-file': { why: 'The key of that certificate.', source: redisTls },
  'tls-ca-cert-file': {
    why: "The data centre's own authority: no other certificate opens a connection.",
    source: redisTls,
  },
  'tls-auth-clients': {
    why: 'A client shows a certificate before it may try a password.',
    source: redisTls,
  },
  'tls-replication': {
    why: 'A replica speaks TLS to its primary; on one side only, replication never connects.',
    source: redisTls,
  },
  'tls-protocols': { why: 'Nothing older than TLS 1.2.', source: SOURCE.rfc8446 },
  daemonize: { why: 'Whoever starts it supervises it.', source: redisConf },
  databases: { why: 'Tokens need one; a mistaken SELECT is an error.', source: redisConf },
  dir: { why: 'Where the append-only file is kept.', source: redisConf },
  aclfile: {
    why: 'Users in a file of their own can be changed and saved while it runs.',
    source: redisAcl,
  },
  appendonly: {
    why: 'A primary that restarts without its data makes its replicas copy the emptiness.',
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
    why: 'The disk is waited for as long while the file is rewritten.',
    source: redisPersistence,
  },
  save: { why: 'No snapshots: the append-only file has everything.', source: redisPersistence },
  maxmemory: {
    why: 'Full memory is a refused login, not a killed process. Fit it to the host by redis.maxmemoryMb.',
    source: redisConf,
  },
  'maxmemory-policy': {
    why: (value) =>
      value === 'noeviction'
        ? 'Never drops a session or a revocation.'
        : 'As the file asks: full memory drops sessions and revocations. noeviction never does.',
    source: redisConf,
  },
  replicaof: {
    why: 'Whom to follow at the first start. Afterwards Sentinel rewrites this line.',
    source: redisReplication,
  },
  masteruser: {
    why: 'Replication has a user of its own that may do nothing else.',
    source: redisAcl,
    valkey: 'primaryuser',
  },
  masterauth: {
    why: "That user's password, on every node: each may become a replica.",
    source: redisReplication,
    valkey: 'primaryauth',
    isSecret: true,
  },
  'replica-announce-ip': {
    why: 'The address by which Sentinel and the clients know this node, whatever the connection came from.',
    source: redisReplication,
  },
  'replica-announce-port': { why: 'The port that belongs to it.', source: redisReplication },
  'replica-priority': {
    why: (value) => {
      if (value === '0') return 'As the file asks: this node is never promoted.'
      return value === String(REPLICA_PRIORITY)
        ? 'The same as on every node that the file says nothing of: of equal ones the most advanced replica is promoted.'
        : 'As the file asks: Sentinel promotes the lowest first, whoever has the most data.'
    },
    source: measured,
  },
  'min-replicas-to-write': {
    why: 'A primary that no replica follows refuses writes, so a cut-off one acknowledges nothing.',
    source: measured,
  },
  'min-replicas-max-lag': {
    why: 'How long (in seconds) a silent replica still counts: the window of a cut-off primary.',
    source: measured,
  },
  'repl-timeout': {
    why: 'A silent replica or primary is given up after this many seconds.',
    source: redisReplication,
  },
  'repl-ping-replica-period': {
    why: 'Often enough (in seconds) for the two limits above.',
    source: redisReplication,
  },
  'repl-backlog-size': {
    why: 'A replica that was away for a while catches up without copying everything.',
    source: redisReplication,
  },
  'client-output-buffer-limit replica': {
    why: 'It must be above the backlog: a smaller limit cuts a replica off just while it catches up.',
    source: measured,
  },
  'repl-diskless-sync': {
    why: "A full copy does not wait for the primary's disk.",
    source: redisReplication,
  },
  'repl-diskless-sync-delay': { why: 'Nobody else is to be waited for.', source: redisReplication },
  'repl-diskless-load': {
    why: 'A replica keeps its old data until the new copy is whole.',
    source: redisReplication,
  },
} as const satisfies Record<string, Fact>
