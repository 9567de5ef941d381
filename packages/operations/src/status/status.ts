import { stat } from 'node:fs/promises'
import {
  type PlannedProcess,
  type ProcessSnapshot,
  plannedProcesses,
  type RedisState,
  readRedisState,
  type SentinelState,
} from '@holdfast/agent/group/snapshot'
import { ConnectionPool } from '@holdfast/agent/redis/connection-pool'
import { readField } from '@holdfast/agent/redis/replies'
import { readAnswer, type SentinelAnswer } from '@holdfast/agent/redis/sentinels'
import { servedCertificateDays } from '@holdfast/agent/redis/served-certificate'
import { urlOf } from '@holdfast/local/state/description'
import { runningOperation } from '@holdfast/local/state/lock'
import type { LocalDataCentre } from '@holdfast/local/state/open'
import { runningSupervisor } from '@holdfast/local/state/records'
import { connectControl } from '@holdfast/local/supervise/control-client'
import { inspectCertificate } from '@holdfast/site/certificates/inspect'
import { secretAges } from '@holdfast/site/secrets/file-ages'
import { QUORUM } from '@holdfast/site/topology/topology'
import { HoldfastError, TlsFailedError } from '@holdfast/tokens'
import {
  formatAddress,
  type NodeAddress,
  type Reply,
  unsupportedByHello,
  unsupportedNode,
} from '@holdfast/tokens/redis'
import { cliFlagsOf } from '../data-centre/cli-flags.ts'
import { type AnyDataCentre, type DataCentrePlace, isSite, openDataCentre } from '../data-centre/open.ts'
import { readUnfinishedRotations } from '../rotate/unfinished.ts'
import type {
  ApplicationSeen,
  DataCentreStatus,
  LastFailover,
  RedisStatus,
  SentinelFacts,
  SentinelStatus,
} from './facts.ts'
import { applicationsIn, redisFacts } from './redis.ts'
import { statusReasons } from './verdict.ts'

/** Deadline of each command; all are sent at the same time (in milliseconds). */
const COMMAND_TIMEOUT_MS = 1000
/** How long a served certificate is cached, because reading it takes a connection of its own (in milliseconds). */
const CERTIFICATE_MS = 60_000

/**
 * Asks the supervisor, every Redis and every Sentinel for their state. A process that does not answer in time is reported
 * as unreachable, so that all takes two seconds at most.
 *
 * Throws as `openDataCentre`: `NOT_RUNNING` when there is no data centre in the folder.
 */
export async function getStatus(place: DataCentrePlace): Promise<DataCentreStatus> {
  const reader = await openStatus(place)
  try {
    return await reader.read()
  } finally {
    reader.close()
  }
}

/** The same for repeated use: it keeps its connections. Throws as {@link getStatus}. */
export async function openStatus(place: DataCentrePlace): Promise<StatusReader> {
  return StatusReader.open(place)
}

/** Reads the status with the rights of monitoring only. */
export class StatusReader {
  readonly #place: DataCentrePlace
  #dataCentre: AnyDataCentre
  /** When the secrets in use were written (in milliseconds of the system clock); null before the first read. */
  #secretsOfMs: number | null = null
  readonly #metrics: ConnectionPool
  readonly #app: ConnectionPool
  readonly #certificates = new Map<string, { days: number | null; readAtMs: number }>()

  static async open(place: DataCentrePlace): Promise<StatusReader> {
    return new StatusReader(place, await openDataCentre(place))
  }

  private constructor(place: DataCentrePlace, dataCentre: AnyDataCentre) {
    const { secrets, tls } = dataCentre
    this.#place = place
    this.#dataCentre = dataCentre
    this.#metrics = new ConnectionPool({ username: 'metrics', password: secrets.metrics, tls })
    this.#app = new ConnectionPool({ username: 'app', password: secrets.sentinelApp, tls })
  }

  async read(): Promise<DataCentreStatus> {
    await this.#renew()
    const { topology, folder, secrets } = this.#dataCentre
    const { name, timings, rotation: limits } = topology
    const planned = plannedProcesses(topology)
    const [local, answers, watching, operation, ages, rotations] = await Promise.all([
      isSite(this.#dataCentre) ? ELSEWHERE : askLocal(this.#dataCentre),
      Promise.all(planned.redis.map((process) => this.#askRedis(process))),
      Promise.all(planned.sentinels.map((process) => this.#askSentinel(process))),
      runningOperation(folder.operationFile),
      secretAges(this.#dataCentre),
      readUnfinishedRotations(this.#dataCentre),
    ])
    const redis = withLag(answers.map(({ status }) => status))
    const sentinels = watching.map(({ status }) => status)
    const snapshot = {
      redis: answers.map((answer) => answer.snapshot),
      sentinels: watching.map((answer) => answer.snapshot),
    }
    const primary = redis.find(isPrimary)
    return {
      name,
      ...local,
      timings: timings.name,
      reasons: statusReasons(local, snapshot, { groupId: secrets.mark }),
      transport: (isSite(this.#dataCentre) ? this.#dataCentre : this.#dataCentre.plan).site.transport,
      redis,
      sentinels,
      lastFailover: lastFailover(sentinels, Date.now()),
      keys: primary?.keys ?? null,
      applications: answers.find(({ status }) => status.name === primary?.name)?.applications ?? [],
      secrets: ages,
      limits,
      rotations,
      operation,
    }
  }

  /**
   * A rotation writes the file of secrets before it removes the old passwords. Reading the file again therefore prevents
   * failed logins, which would stand in the ACL logs.
   */
  async #renew(): Promise<void> {
    const secretsOfMs = await writtenAtMs(this.#dataCentre)
    if (secretsOfMs === this.#secretsOfMs) return
    this.#dataCentre = await openDataCentre(this.#place)
    this.#secretsOfMs = secretsOfMs
    const { secrets, tls } = this.#dataCentre
    this.#metrics.renew({ password: secrets.metrics, tls })
    this.#app.renew({ password: secrets.sentinelApp, tls })
  }

  close(): void {
    this.#metrics.close()
    this.#app.close()
  }

  async #askRedis(process: PlannedProcess): Promise<Asked<RedisStatus, RedisState> & HasApplications> {
    const { name, address } = process
    const named = { name, ...address }
    try {
      const [[info, clients], certificateDays] = await Promise.all([
        onceMore(() => this.#metrics.send(address, [['INFO'], ['CLIENT', 'LIST']], COMMAND_TIMEOUT_MS)),
        this.#certificateDays(address),
      ])
      const unsupported = unsupportedNode(name, String(info))
      if (unsupported !== null) throw unsupported
      return {
        status: { ...named, reachable: true, ...redisFacts(info), certificateDays },
        snapshot: { ...process, facts: readRedisState(info), problem: null, refusal: null },
        applications: applicationsIn(clients),
      }
    } catch (error) {
      return { ...this.#unreachable(process, error), applications: [] }
    }
  }

  async #askSentinel(process: PlannedProcess): Promise<Asked<SentinelStatus, SentinelState>> {
    const { primaryName } = this.#dataCentre.topology
    const { name, address } = process
    const named = { name, ...address }
    try {
      const [[reply = null, hello], certificateDays] = await Promise.all([
        onceMore(() =>
          this.#app.send(address, [['SENTINEL', 'MASTER', primaryName], ['HELLO']], COMMAND_TIMEOUT_MS),
        ),
        this.#certificateDays(address),
      ])
      const unsupported = unsupportedByHello(name, hello, 'sentinel')
      if (unsupported !== null) throw unsupported
      const answer = readAnswer(address, reply)
      return {
        status: { ...named, reachable: true, ...sentinelFacts(answer, reply), certificateDays },
        snapshot: { ...process, facts: answer, problem: null, refusal: null },
      }
    } catch (error) {
      return this.#unreachable(process, error)
    }
  }

  #unreachable(process: PlannedProcess, error: unknown): Asked<Unreachable, never> {
    const { name, address } = process
    const problem = this.#problemOf(address, error)
    return {
      status: { name, ...address, reachable: false, problem },
      snapshot: { ...process, facts: null, problem, refusal: null },
    }
  }

  #problemOf(address: NodeAddress, error: unknown): string {
    if (!(error instanceof Error)) return `${formatAddress(address)} does not answer.`
    const own = this.#dataCentre.tls?.cert
    const hasExpired =
      error instanceof TlsFailedError &&
      (error.reason === 'expired' ||
        (own !== undefined && inspectCertificate(own.toString(), Date.now()).daysLeft < 0))
    return hasExpired
      ? `${error.message} Run \`holdfast rotate certificates${cliFlagsOf(this.#dataCentre)}\`.`
      : error.message
  }

  async #certificateDays(address: NodeAddress): Promise<number | null> {
    const { tls } = this.#dataCentre
    if (tls === null) return null
    const at = formatAddress(address)
    const known = this.#certificates.get(at)
    if (known !== undefined && performance.now() - known.readAtMs < CERTIFICATE_MS) return known.days
    const days = await servedCertificateDays(address, tls, COMMAND_TIMEOUT_MS)
    if (days !== null) this.#certificates.set(at, { days, readAtMs: performance.now() })
    return days
  }
}

/** A process as `status` shows it, and as its health is judged. */
interface Asked<Status, State> {
  status: Status
  snapshot: ProcessSnapshot<State>
}

interface HasApplications {
  applications: ApplicationSeen[]
}

type Unreachable = Extract<RedisStatus & SentinelStatus, { reachable: false }>

type LocalPart = Pick<DataCentreStatus, 'stateDir' | 'balancer' | 'supervisor' | 'processes'>

const ELSEWHERE: LocalPart = {
  stateDir: null,
  balancer: null,
  supervisor: 'none',
  processes: [],
}

async function askLocal({ folder, plan }: LocalDataCentre): Promise<LocalPart> {
  const control = await connectControl(folder.path)
    .status()
    .catch(() => null)
  return {
    stateDir: folder.path,
    balancer: urlOf(plan.addresses.balancer),
    supervisor: control !== null ? 'running' : runningSupervisor(folder) !== null ? 'hung' : 'gone',
    processes: control?.processes ?? [],
  }
}

/** When the file of secrets was written; null where they are not in a file. */
async function writtenAtMs({ folder }: AnyDataCentre): Promise<number | null> {
  return folder.secretsFile === null ? null : (await stat(folder.secretsFile)).mtimeMs
}

function sentinelFacts(
  { primary, configEpoch, knownReplicas, knownSentinels, failingOver }: SentinelAnswer,
  reply: Reply,
): Omit<SentinelFacts, 'certificateDays'> {
  return {
    primary,
    epoch: configEpoch,
    sinceMs: Number(readField(reply, 'role-reported-time')),
    known: { replicas: knownReplicas, sentinels: knownSentinels },
    failingOver,
  }
}

const isPrimary = (node: RedisStatus): node is Extract<RedisStatus, { reachable: true }> =>
  node.reachable && node.role === 'primary'

/** Their offsets were read at almost the same moment: a replica that was read later may seem ahead. */
function withLag(redis: RedisStatus[]): RedisStatus[] {
  const primary = redis.find(isPrimary)
  return redis.map((node) => {
    const follows = node.reachable && node.role === 'replica' && primary !== undefined
    return follows ? { ...node, lagBytes: Math.max(0, primary.offset - node.offset) } : node
  })
}

/** Pure. An epoch of 0 is that of a primary that was never elected. */
function lastFailover(sentinels: readonly SentinelStatus[], nowMs: number): LastFailover | null {
  const views = sentinels.filter((one): one is Extract<SentinelStatus, { reachable: true }> => one.reachable)
  const newest = Math.max(0, ...views.map(({ epoch }) => epoch))
  const agreeing = views.filter(({ epoch }) => epoch === newest)
  if (newest === 0 || agreeing.length < QUORUM) return null
  const sinceMs = Math.max(...agreeing.map((view) => view.sinceMs))
  return { epoch: newest, at: new Date(nowMs - sinceMs).toISOString() }
}

/** A Redis that becomes a replica closes its connections, so that a kept one may fail although the Redis is healthy. */
async function onceMore<T>(question: () => Promise<T>): Promise<T> {
  try {
    return await question()
  } catch (error) {
    if (error instanceof HoldfastError && error.code === 'CONNECTION_CLOSED') return question()
    throw error
  }
}
