import { setTimeout as sleep } from 'node:timers/promises'
import { primaryOf, REASON_CODES, unhealthyReason } from '@holdfast/agent/group/health'
import {
  connectGroup,
  disconnectGroup,
  type FullSnapshot,
  type GroupClients,
  takeSnapshot,
} from '@holdfast/agent/group/snapshot'
import { exclusively } from '@holdfast/local/state/lock'
import { ClusterError } from '@holdfast/site/errors'
import { priorityOf } from '@holdfast/site/file/site'
import { processName } from '@holdfast/site/topology/topology'
import { InvalidOptionError } from '@holdfast/tokens'
import { type AnyDataCentre, type DataCentrePlace, isSite, openDataCentre } from '../data-centre/open.ts'
import { fixInterruptedSwitchover, switchoverLocked } from '../switchover/switchover.ts'
import { type Journal, readJournal, removeJournal, type Selection, writeJournal } from './journal.ts'
import { isPending, type NextStep, nextStep } from './next-step.ts'
import { byCommand, byHand, bySupervisor, type Restarter } from './restarter.ts'

export type UpgradeOptions = DataCentrePlace & UpgradeChoice

interface UpgradeChoice {
  /** Only Redis, or only Sentinels. Default is both. */
  only?: 'redis' | 'sentinel'
  /** Only the processes of this data host, by its name or address. */
  host?: string
  /**
   * For a data centre that is described by a file: the command that restarts one service, with `{host}`, `{address}` and
   * `{unit}` in it, such as `ssh {host} systemctl restart {unit}`. Default is to ask a person by `onProgress`.
   */
  restartCommand?: string
  /** Called at the beginning of each step. */
  onProgress?: (progress: UpgradeProgress) => void
  /** Interrupts it between two steps, or while it waits. */
  signal?: AbortSignal
  /** How long the data centre may take to become healthy after a restart (in milliseconds). Default is 120,000. */
  healthTimeoutMs?: number
}

/** The kinds of steps. */
type UpgradeStep = 'check' | 'restart' | 'wait' | 'switch-over' | 'done'

export interface UpgradeProgress {
  step: UpgradeStep
  /** The process that the step concerns: `redis-1`; null: the whole data centre. */
  process: string | null
  /** What happens now, for a terminal. */
  text: string
  /** The command that a person must type now; null: none. */
  command: string | null
}

/** A process that was restarted. */
interface Restarted {
  name: string
  /** Versions of the program before and after. */
  from: string
  to: string
  /** Until the data centre was healthy again (in milliseconds); null: it was restarted before this run. */
  tookMs: number | null
}

export interface UpgradeReport {
  name: string
  /** When the first run began (ISO 8601, UTC). */
  beganAt: string
  restarted: Restarted[]
  /** Each promotion, and how long writes waited for it (in milliseconds). */
  switchovers: { from: string; to: string; pausedMs: number }[]
  /** The traces of an interrupted switchover that were fixed. */
  mended: string[]
  /** `host:port` */
  primary: string
  /** The versions that run now. More than one when some processes were not restarted, or got no new program. */
  versions: string[]
  tookMs: number
}

const DEFAULT_HEALTH_TIMEOUT_MS = 120_000
/** How long the data centre may take to become healthy at the beginning: an interrupted upgrade may have just restarted a process (in milliseconds). */
const FIRST_TIMEOUT_MS = 30_000
const POLL_INTERVAL_MS = 100
/** A switchover is refused when a failover happens at the same moment. */
const MAX_SWITCHOVER_ATTEMPTS = 3

/**
 * Restarts Redis and Sentinels one after the other, while users log in: for a new version of the program, or for settings
 * that are read at the start. It restarts each next process only when the data centre is healthy again, and the primary
 * only after another Redis was promoted. The next run after an interruption resumes.
 *
 * Throws `BUSY`, and `NOT_SAFE` when the data centre is not healthy, before anything is changed; `UPGRADE_FAILED` and
 * `UPGRADE_ABORTED` once it has begun; `INVALID_OPTION` for an unknown host; and as `openDataCentre`.
 */
export async function upgrade(options: UpgradeOptions): Promise<UpgradeReport> {
  const dataCentre = await openDataCentre(options)
  return exclusively(dataCentre, 'upgrade', () => upgradeLocked(dataCentre, options))
}

/** The same for a caller that holds the lock. */
export async function upgradeLocked(
  dataCentre: AnyDataCentre,
  options: UpgradeChoice,
): Promise<UpgradeReport> {
  const group = connectGroup(dataCentre)
  try {
    return await new Upgrade(dataCentre, options, group).run()
  } finally {
    disconnectGroup(group)
  }
}

class Upgrade {
  readonly #dataCentre: AnyDataCentre
  readonly #options: UpgradeChoice
  readonly #group: GroupClients
  readonly #restarter: Restarter
  readonly #signal: AbortSignal
  readonly #beganMs = performance.now()
  readonly #restarted: Restarted[] = []
  readonly #switchovers: UpgradeReport['switchovers'] = []
  /** The process that is being restarted. */
  #current: { name: string; version: string; beganMs: number } | null = null

  constructor(dataCentre: AnyDataCentre, options: UpgradeChoice, group: GroupClients) {
    this.#dataCentre = dataCentre
    this.#options = options
    this.#group = group
    this.#signal = options.signal ?? new AbortController().signal
    this.#restarter = restarterFor(dataCentre, options)
  }

  async run(): Promise<UpgradeReport> {
    const { topology, folder } = this.#dataCentre
    this.#tell('check', null, 'Checking that the data centre is healthy.')
    const mended = await fixInterruptedSwitchover(this.#dataCentre)
    const first = await this.#waitUntilHealthy(FIRST_TIMEOUT_MS, 'NOT_SAFE')
    const journal = await this.#journalFor(first)
    const snapshot = await this.#restartAll(first, journal)
    await removeJournal(folder.upgradeFile)
    this.#tell('done', null, 'Everything was restarted.')
    const versions = [...snapshot.redis, ...snapshot.sentinels].map(({ facts }) => facts?.version ?? '')
    return {
      name: topology.name,
      beganAt: journal.beganAt,
      restarted: [...this.#byOthers(snapshot, journal), ...this.#restarted],
      switchovers: this.#switchovers,
      mended,
      primary: primaryOf(snapshot)?.at ?? '',
      versions: [...new Set(versions)].sort(),
      tookMs: Math.round(performance.now() - this.#beganMs),
    }
  }

  /** Answers the state at the end. */
  async #restartAll(first: FullSnapshot, journal: Journal): Promise<FullSnapshot> {
    const notChosen = this.#dataCentre.topology.dataHosts.flatMap((host, index) =>
      priorityOf(host) === 0 ? [processName('redis', index, host)] : [],
    )
    let snapshot = first
    for (;;) {
      const step = nextStep(snapshot, journal, notChosen)
      if (step.kind === 'done') return snapshot
      if (step.kind === 'refuse') {
        // The next run begins again, so that it also restarts the Sentinels of the other product.
        await removeJournal(this.#dataCentre.folder.upgradeFile)
        throw new ClusterError('UPGRADE_FAILED', step.reason)
      }
      if (step.kind === 'stop') throw this.#failure(step.reason)
      this.#stopIfAborted()
      if (step.kind === 'switch-over') await this.#switchOver(step)
      else await this.#restart(step.process)
      snapshot = await this.#waitUntilHealthy(
        this.#options.healthTimeoutMs ?? DEFAULT_HEALTH_TIMEOUT_MS,
        'UPGRADE_FAILED',
      )
      if (step.kind === 'restart') this.#note(step.process, snapshot)
    }
  }

  async #restart(process: Process): Promise<void> {
    const { name } = process
    const command = this.#restarter.command(process)
    this.#current = { name, version: process.facts?.version ?? '', beganMs: performance.now() }
    this.#tell('restart', name, command === null ? `Restarting ${name}.` : `Restart ${name}:`, command)
    try {
      await this.#restarter.restart(process, this.#signal)
    } catch (error) {
      this.#stopIfAborted()
      throw this.#failure(error instanceof Error ? error.message : String(error), error)
    }
    const untilMs = performance.now() + this.#restarter.limitMs
    while (!(await this.#isAnother(process))) {
      this.#stopIfAborted()
      if (performance.now() > untilMs) throw this.#failure(`${name} did not come back as a new process.`)
      await this.#pause()
    }
    this.#tell('wait', name, `${name} is back. Waiting until the data centre is healthy.`)
  }

  async #isAnother(process: Process): Promise<boolean> {
    const snapshot = await takeSnapshot(this.#group)
    const now = [...snapshot.redis, ...snapshot.sentinels].find(({ name }) => name === process.name)
    return now?.facts != null && now.facts.runId !== process.facts?.runId
  }

  async #switchOver({ from, to }: Extract<NextStep, { kind: 'switch-over' }>): Promise<void> {
    this.#tell('switch-over', from.name, `Promoting ${to.name} before ${from.name} is restarted.`)
    for (let tries = 1; ; tries += 1) {
      try {
        const { pausedMs, ...moved } = await switchoverLocked(this.#dataCentre, {
          to: to.at,
          onProgress: ({ text }) => this.#tell('switch-over', from.name, text),
        })
        this.#switchovers.push({ from: moved.from, to: moved.to, pausedMs })
        return
      } catch (error) {
        if (tries >= MAX_SWITCHOVER_ATTEMPTS || !(error instanceof ClusterError)) throw error
        // A failover may have interfered. When it is over, the new state decides.
        const snapshot = await this.#waitUntilHealthy(DEFAULT_HEALTH_TIMEOUT_MS, 'UPGRADE_FAILED')
        if (primaryOf(snapshot)?.name !== from.name) return
      }
    }
  }

  /** Waits until the data centre is healthy, without any reason against it, and answers its state. */
  async #waitUntilHealthy(limitMs: number, code: 'NOT_SAFE' | 'UPGRADE_FAILED'): Promise<FullSnapshot> {
    const untilMs = performance.now() + limitMs
    for (;;) {
      this.#stopIfAborted()
      const snapshot = await takeSnapshot(this.#group)
      const missing = unhealthyReason(snapshot, this.#group, REASON_CODES)
      if (missing === null) return snapshot
      if (performance.now() > untilMs) {
        const waited = `The data centre was not healthy after ${limitMs / 1000} s. ${missing}`
        if (code === 'NOT_SAFE') throw new ClusterError(code, `${waited} See \`holdfast doctor\`.`)
        throw this.#failure(waited)
      }
      await this.#pause()
    }
  }

  /** The journal of an interrupted run, or a new one. */
  async #journalFor(snapshot: FullSnapshot): Promise<Journal> {
    const file = this.#dataCentre.folder.upgradeFile
    const selection: Selection = { only: this.#options.only ?? null, host: this.#options.host ?? null }
    const found = await readJournal(file, selection)
    if (found !== null) {
      this.#tell('check', null, `Resuming the upgrade that began at ${found.beganAt}.`)
      return found
    }
    const targets = this.#chosen(snapshot).map(({ name, facts }) => ({
      name,
      runId: facts?.runId ?? '',
      version: facts?.version ?? '',
    }))
    const journal = { beganAt: new Date().toISOString(), ...selection, targets }
    await writeJournal(file, journal)
    return journal
  }

  #chosen({ redis, sentinels }: FullSnapshot): Process[] {
    const { only, host } = this.#options
    const { dataHosts } = this.#dataCentre.topology
    if (host !== undefined && !dataHosts.some((one) => isMeant(one, host))) {
      const known = dataHosts.map((one) => one.name ?? one.host).join(', ')
      throw new InvalidOptionError(`There is no data host "${host}". The data hosts are ${known}.`)
    }
    return [...sentinels, ...redis].filter(({ kind, index }) => {
      const dataHost = dataHosts[index]
      return (only ?? kind) === kind && (host === undefined || (dataHost && isMeant(dataHost, host)))
    })
  }

  #note({ name }: Process, { redis, sentinels }: FullSnapshot): void {
    if (this.#current === null) return
    const now = [...redis, ...sentinels].find((one) => one.name === name)
    const tookMs = Math.round(performance.now() - this.#current.beganMs)
    this.#restarted.push({ name, from: this.#current.version, to: now?.facts?.version ?? '', tookMs })
    this.#current = null
  }

  /** Processes that an interrupted run had restarted, or that have crashed since. */
  #byOthers({ redis, sentinels }: FullSnapshot, journal: Journal): Restarted[] {
    return journal.targets.flatMap(({ name, version }) => {
      const process: Process | undefined = [...sentinels, ...redis].find((one) => one.name === name)
      const isOwn = this.#restarted.some((own) => own.name === name)
      if (process === undefined || isOwn || isPending(process, journal)) return []
      return { name, from: version, to: process.facts?.version ?? '', tookMs: null }
    })
  }

  #stopIfAborted(): void {
    if (!this.#signal.aborted) return
    throw new ClusterError('UPGRADE_ABORTED', `The upgrade was interrupted. ${this.#whereItStands()}`)
  }

  #failure(reason: string, cause?: unknown): ClusterError {
    return new ClusterError('UPGRADE_FAILED', `${reason} ${this.#whereItStands()}`, { cause })
  }

  #whereItStands(): string {
    const done = this.#restarted.map(({ name }) => name).join(', ')
    const current = this.#current === null ? '' : ` ${this.#current.name} was being restarted.`
    return `${done === '' ? 'Nothing was restarted' : `Restarted: ${done}`}.${current} Run the upgrade again to resume it.`
  }

  /** Ends at once when the signal aborts; callers check the signal first. */
  async #pause(): Promise<void> {
    await sleep(POLL_INTERVAL_MS, undefined, { signal: this.#signal }).catch(() => {})
  }

  #tell(step: UpgradeStep, process: string | null, text: string, command: string | null = null): void {
    this.#options.onProgress?.({ step, process, text, command })
  }
}

type Process = FullSnapshot['redis'][number] | FullSnapshot['sentinels'][number]

const isMeant = (dataHost: { name?: string; host: string }, wish: string) =>
  dataHost.name === wish || dataHost.host === wish

function restarterFor(dataCentre: AnyDataCentre, { restartCommand }: UpgradeChoice): Restarter {
  if (!isSite(dataCentre)) return bySupervisor(dataCentre.folder.path)
  return restartCommand === undefined ? byHand(dataCentre.hosts) : byCommand(restartCommand, dataCentre.hosts)
}
