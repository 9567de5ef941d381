export { REDIS_ACL_RULES, SENTINEL_ACL_RULES } from './acl.ts'
export { formatAddress, type NodeAddress, parseAddress, sameAddress } from './address.ts'
export {
  CLOCK_LIMIT_MS,
  type ClockReading,
  type ClockVerdict,
  compareClocks,
  describeDeviation,
} from './clocks.ts'
export { Connection, type ConnectionOptions, type Credentials, type Reply } from './connection.ts'
export { HELLO_CHANNEL, parseHello } from './hello.ts'
export { MARK_KEY } from './node.ts'
export {
  type ChosenPrimary,
  choosePrimary,
  continuesHistory,
  type NodeObservation,
  namedBySentinels,
  type SentinelObservation,
} from './primary.ts'
export { PrimaryHistory } from './primary-history.ts'
export { RefutedAnnouncements } from './refuted.ts'
export { parseReplication, type ReplicationView, type ReplicaView } from './replication.ts'
export { observationQuestions, readObservation } from './sentinel.ts'
export { unsupportedByHello, unsupportedNode } from './supported-server.ts'
export type { TlsOptions } from './tls.ts'
