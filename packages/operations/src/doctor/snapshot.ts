import type {
  GroupSnapshot,
  ProcessSnapshot,
  RedisState,
  SentinelState,
} from '@holdfast/agent/group/snapshot'
import type { ProcessStatus } from '@holdfast/local/supervise/managed-process'
import type { SecretAge } from '@holdfast/site/secrets/ages'
import type { Group } from '@holdfast/site/topology/topology'
import type { UnfinishedRotations } from '../rotate/unfinished.ts'
import type { AclUser } from './acl.ts'

/**
 * The state of the live system at one moment: all that the checks read. It holds no password. Its group is judged by the
 * same rules as anywhere else; the other facts are only for the doctor.
 * INV-OPERATIONS-20.
 */
export interface Snapshot extends GroupSnapshot<RedisFacts, SentinelFacts> {
  topology: Group
  /** The options that name this data centre to a command, such as ` --file dc.yaml`. Each command of an advice ends with them. */
  cliFlags: string
  /** The group id: the value that `hf:mark` must have on every node. */
  groupId: string
  /** `hung`: the supervisor's process exists but does not answer. `none`: a data centre that is described by a file has no supervisor. */
  supervisor: 'running' | 'hung' | 'gone' | 'none'
  /** As the supervisor reports them; empty if it does not answer. */
  processes: ProcessStatus[]
  /** The gateways and the balancer. */
  http: HttpSnapshot[]
  files: FileSnapshot[]
  /** The Redis proxies of a data centre that is described by a file. */
  proxies: ProxySnapshot[]
  /** The fault of a drill that runs, or that a killed drill left; null without one. */
  drill: DrillSnapshot | null
  secretAges: SecretAge[]
  /**
   * The days until the certificate of a Redis or a Sentinel, or {@link OWN_CERTIFICATE}, expires; negative if it has expired.
   * Empty without TLS.
   */
  certificates: { name: string; daysLeft: number }[]
  /** Redis and Sentinels that should have presented a certificate and did not. */
  certificatesUnseen: string[]
  /** Rotations that have not finished. */
  rotations: UnfinishedRotations
  /** The files with which Holdfast's units start Redis and Sentinel; null for a data centre that `holdfast up` created. */
  unitFiles: Record<'redis' | 'sentinel', string> | null
}

/** The name of the certificate that this command presents. If it has expired, no process can be asked. */
export const OWN_CERTIFICATE = 'the operator'

export interface DrillSnapshot {
  isUnderWay: boolean
  /** The next step of the drill. */
  fault: string
  /** The steps that undo it. */
  undo: string[]
}

export type RedisSnapshot = ProcessSnapshot<RedisFacts>
export type SentinelSnapshot = ProcessSnapshot<SentinelFacts>

export interface RedisFacts extends RedisState {
  /** Why its version, product or mode cannot keep the promises; null if it can. */
  unsupported: string | null
  /** The security holes that its package says to have fixed, such as `CVE-2025-49844`. Empty if this machine does not have that package. */
  packageFixes: string[]
  /** The fields of `INFO`. */
  info: Record<string, string>
  /** The directives of `CONFIG GET *`, without secrets, as Redis writes them. */
  config: Record<string, string>
  /** The directives that `redis.conf` was seeded with, written in the same way. */
  plannedConfig: Record<string, string>
  /** `masterauth` and `masteruser` are those of this data centre. */
  knowsReplicaPassword: boolean
  acl: AclView
  /** The value of `hf:mark`; null if the key does not exist. */
  groupId: string | null
  /** How far its clock is ahead of this machine's, and the possible error (both in milliseconds). */
  clock: { aheadMs: number; uncertainMs: number }
  /** Writes are paused (`CLIENT PAUSE`), while reads are answered. */
  writesWait: boolean
  /** Its log says that it truncated its append-only file since its last start; false if the log cannot be read. */
  truncatedAtStart: boolean
  /** The disk of its data; null if it is not on this machine. */
  disk: DiskSpace | null
  clients: ConnectedClient[]
}

export interface DiskSpace {
  /** What is left for other users than root. */
  freeBytes: number
  totalBytes: number
}

/** A connected client, other than the commands of Holdfast. */
export interface ConnectedClient {
  user: string
  /** The name that it gave itself; empty without one. */
  name: string
  /** Its address without the port. */
  host: string
}

export interface SentinelFacts extends SentinelState {
  /** As for a Redis. */
  unsupported: string | null
  /** The file that it was started with; empty without a file. */
  configFile: string
  clients: ConnectedClient[]
  quorum: number
  parallelSyncs: number
  /** The primary's flags, such as `s_down`. */
  flags: string[]
  replicas: KnownPeer[]
  sentinels: KnownPeer[]
  tilt: boolean
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
  /** For each planned user that has its planned password: why it cannot log in, or null if it can. */
  logins: Record<string, string | null>
  /** Users whose login was not answered in time: it is unknown whether they can log in. */
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
  /** Why it is not ready; null if it is. */
  problem: string | null
}

export interface ProxySnapshot {
  /** The name of its host. */
  name: string
  /** Where its clients connect. */
  at: string
  /** The address from which it connects to Redis. Null: tunnels connect for it. */
  seenAs: string | null
  /** What it answers. Null: it is on another machine, where only its clients reach it. */
  here: {
    /** Why it does not answer PING; null if it does. */
    problem: string | null
    /** Whether it holds a command that only reads. */
    isHeld: boolean
  } | null
}

export interface FileSnapshot {
  path: string
  isFolder: boolean
  /** The permission bits, such as 0o600. */
  mode: number
  /** The process that must be able to rewrite it (a Redis, a Sentinel); null if no process does. */
  rewrittenBy: string | null
  /** Its owner may write to it, and this user is the owner. */
  writable: boolean
}
