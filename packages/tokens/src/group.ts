/**
 * The machinery of a replica group for programs that write something else than tokens, such as the Redis proxy: which node
 * is the primary, when a write is acknowledged, and under which lease an answer of the primary alone counts.
 */
export { Deadline } from './deadline.ts'
export { groupFilesOf, groupOptionsFromEnvironment } from './group-environment.ts'
export { groupOptions } from './group-options.ts'
export { formatAddress } from './redis/address.ts'
export { Backoff } from './redis/backoff.ts'
export { type GroupOptions, ReplicaGroup } from './redis/group.ts'
export { dial, HANDSHAKE_MS } from './redis/handshake.ts'
export type { GroupLogin } from './redis/login.ts'
export { type Endpoint, MARK_KEY, type Node } from './redis/node.ts'
export { parseReplication, type ReplicationView } from './redis/replication.ts'
export { tlsSocketOptions } from './redis/tls.ts'
export { ALL_RULES, type SafetyPolicy } from './safety-policy.ts'
export { Lease } from './store/cache/lease.ts'
export { readInstant } from './store/clocks/instant.ts'
export { EpochBarrier } from './store/commit/barrier.ts'
export { Committer, FENCE } from './store/commit/committer.ts'
export { ReplicaConfirmation } from './store/commit/replica-confirmation.ts'
export type { ConfirmedConnection } from './store/commit/write-connection.ts'
