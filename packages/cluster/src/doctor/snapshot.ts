import type { NodeAddress, ReplicationView } from '@holdfast/tokens/redis'
import type { RotationsSeen } from '../operate/rotate/sights.ts'
import type { SentinelAnswer } from '../redis/sentinels.ts'
import type { SecretAge } from '../secrets/ages.ts'
import type { ProcessStatus } from '../supervise/managed-process.ts'
import type { Group } from '../topology/topology.ts'
import type { AclUser } from './acl.ts'

/**
 * Everything that the checks look at, taken once from the live system. It holds no password.
 * INV-OPERATIONS-20.
 */
export interface Snapshot {
  topology: Group
  /** The options that name this data centre to a command, such as ` --file dc.yaml`; every command of a mend ends with them. */
  again: string
  /** The value that `hf:mark` must have on every node. */
  mark: string
  /** `hung`: the supervisor's process exists but does not answer. `none`: it is reached by its file, and needs none. */
  supervisor: 'running' | 'hung' | 'gone' | 'none'
  /** As the supervisor sees them; empty when it does not answer. */
  processes: ProcessStatus[]
  redis: RedisSnapshot[]
  sentinels: SentinelSnapshot[]
  /** Gateways and the balancer: why they are not ready, or null. */
  http: HttpSnapshot[]
  files: FileSnapshot[]
  /** What a drill does at present or a killed one has left; null when there is none. */
  drill: DrillSnapshot | null
  secretAges: SecretAge[]
  /**
   * For how many days the certificate lasts that a Redis or a Sentinel shows, and {@link OWN_CERTIFICATE}; negative when it
   * has ended; none without TLS.
   */
  certificates: { name: string; daysLeft: number }[]
  /** Redis and Sentinels that should have shown one and did not. */
  certificatesUnseen: string[]
  /** Rotations that have not ended. */
  rotations: RotationsSeen
  /** The files with which Holdfast's units start Redis and Sentinel; null of a data centre that `holdfast up` made. */
  unitFiles: Record<'redis' | 'sentinel', string> | null
}

/** That which this command shows itself: when it has ended, nobody can be asked. */
export const OWN_CERTIFICATE = 'the operator'

export interface DrillSnapshot {
  isUnderWay: boolean
  /** What it was about to do. */
  fault: string
  /** What undoes it. */
  undo: string[]
}

export interface Asked<Facts> {
  /** `redis-1`, `sentinel-2` */
  name: string
  /** `host:port` */
  at: string
  address: NodeAddress
  /** What it said as to its admin; null when it could not be asked. */
  facts: Facts | null
  /** Why it could not be asked. */
  problem: string | null
  /** It runs, and refuses the admin's password, denies what the admin asks, or answers with another error. */
  refusal: 'password' | 'rights' | 'error' | null
}

export type RedisSnapshot = Asked<RedisFacts>
export type SentinelSnapshot = Asked<SentinelFacts>

export interface RedisFacts {
  /** Why it cannot hold the promises, by its version, product or mode; or null. */
  unsupported: string | null
  replication: ReplicationView
  /** The fields of `INFO`. */
  info: Record<string, string>
  /** The directives of `CONFIG GET *`, without secrets, in the words of Redis. */
  config: Record<string, string>
  /** The directives that `redis.conf` was seeded with, in the same words. */
  plannedConfig: Record<string, string>
  /** `masterauth` and `masteruser` are those of this data centre. */
  knowsReplicaPassword: boolean
  acl: AclView
  /** The value of `hf:mark`; null when there is none. */
  mark: string | null
  /** How far its clock is before this machine's (in milliseconds), and how far that may be wrong. */
  clock: { aheadMs: number; uncertainMs: number }
  /** A write command is kept waiting (`CLIENT PAUSE`), while questions are answered. */
  writesWait: boolean
  /** Its log says that it has cut its append-only file since its last start; false where the log is not seen. */
  truncatedAtStart: boolean
  clients: ConnectedClient[]
}

/** A client that is connected, other than the commands of Holdfast. */
export interface ConnectedClient {
  user: string
  /** Its address without the port. */
  host: string
}

export interface SentinelFacts extends SentinelAnswer {
  /** As of a Redis. */
  unsupported: string | null
  /** The file that it was started with; empty without one. */
  configFile: string
  clients: ConnectedClient[]
  quorum: number
  parallelSyncs: number
  /** The primary's flags, such as `s_down`. */
  flags: string[]
  replicas: KnownPeer[]
  sentinels: KnownPeer[]
  tilt: boolean
  /** What it answers to `SENTINEL CKQUORUM`. */
  quorumProblem: string | null
  /** `sentinel-user` and `sentinel-pass` are those of this data centre. */
  knowsPeerPassword: boolean
  acl: AclView
}

/** Another process, as a Sentinel knows it. */
export interface KnownPeer {
  at: string
  host: string
  port: number
  flags: string[]
}

export interface AclView {
  users: AclUser[]
  planned: AclUser[]
  denials: AclDenial[]
  /** Of each planned user that has its planned password: why it cannot log in all the same, or null. */
  logins: Record<string, string | null>
  /** Those whose login was not answered in time: whether they can is not known. */
  unanswered: string[]
}

/** An entry of `ACL LOG`. */
export interface AclDenial {
  /** `command`, `key`, `channel` or `auth`. */
  reason: string
  object: string
  username: string
  count: number
  ageSeconds: number
}

export interface HttpSnapshot {
  name: string
  at: string
  problem: string | null
}

export interface FileSnapshot {
  path: string
  isFolder: boolean
  /** The permission bits, such as 0o600. */
  mode: number
  /** The process that must be able to rewrite it (a Redis, a Sentinel); null when none does. */
  rewrittenBy: string | null
  /** Its owner may write to it, and this user is its owner. */
  writable: boolean
}

/** The nodes that could be asked, with what they said. */
export const answering = <Facts>(asked: readonly Asked<Facts>[]): (Asked<Facts> & { facts: Facts })[] =>
  asked.filter((one): one is Asked<Facts> & { facts: Facts } => one.facts !== null)

/** The answering Redis that call themselves primary. */
export const primariesOf = ({ redis }: Snapshot) =>
  answering(redis).filter(({ facts }) => facts.replication.role === 'primary')

export const failoverIsUnderWay = ({ sentinels }: Snapshot) =>
  answering(sentinels).some(({ facts }) => facts.failingOver)
