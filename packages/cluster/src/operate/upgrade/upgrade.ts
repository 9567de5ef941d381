import { setTimeout as sleep } from 'node:timers/promises'
import { InvalidOptionError } from '@holdfast/tokens'
import { ClusterError } from '../../errors.ts'
import { Nodes } from '../../redis/nodes.ts'
import { Sentinels } from '../../redis/sentinels.ts'
import { priorityOf } from '../../site/site.ts'
import { processName } from '../../topology/topology.ts'
import { exclusively } from '../lock.ts'
import { type AnyDataCentre, type DataCentrePlace, isSite, openDataCentre } from '../open.ts'
import { mendSwitchover, switchOver } from '../switchover/switchover.ts'
import { primaryOf, whatIsMissing } from './health.ts'
import { type Journal, readJournal, removeJournal, type Selection, writeJournal } from './journal.ts'
import { isPending, type NextStep, nextStep } from './next-step.ts'
import { byCommand, byHand, bySupervisor, type Restarter } from './restarter.ts'
import { look, type Sight } from './sight.ts'

export type UpgradeOptions = DataCentrePlace & UpgradeChoice

interface UpgradeChoice {
  /** Only the Redis, or only the Sentinels. Default is both. */
  only?: 'redis' | 'sentinel'
  /** Only what runs on this data host, by its name or its address. */
  host?: string
  /**
   * Of a data centre that is reached by its file: the command that restarts one service, with `{host}`, `{address}` and
   * `{unit}` in it, such as `ssh {host} systemctl restart {unit}`. Default is to ask a person for it, by `onProgress`.
   */
  restartCommand?: string
  /** Told at the beginning of each step. */
  onProgress?: (progress: UpgradeProgress) => void
  /** Breaks it off between two steps, or while it waits. */
  signal?: AbortSignal
  /** How long the data centre may take to be whole again after a restart (in milliseconds). Default is 120,000. */
  healthTimeoutMs?: number
}

/** What it does at a time. */
export type UpgradeStep = 'check' | 'restart' | 'wait' | 'switch-over' | 'done'

export interface UpgradeProgress {
  step: UpgradeStep
  /** The process that it is about: `redis-1`; null: the whole data centre. */
  process: string | null
  /** What happens now, for a terminal. */
  text: string
  /** What a person is to type now; null: nothing. */
  command: string | null
}

/** A process that was restarted. */
export interface Restarted {
  name: string
  /** Versions of the program before and after. */
  from: string
  to: string
  /** Until the data centre was whole again (in milliseconds); null: it was restarted before this run. */
  tookMs: number | null
}

export interface UpgradeReport {
  name: string
  /** ISO 8601, UTC: of the first run when it was interrupted and run again. */
  beganAt: string
  restarted: Restarted[]
  /** For how long writes waited while another Redis became the primary (in milliseconds), each time. */
  switchovers: { from: string; to: string; pausedMs: number }[]
  /** What an interrupted switchover had left, and was put right. */
  mended: string[]
  /** `host:port` */
  primary: string
  /** The versions that run now; more than one when not everything was restarted, or not everything was installed. */
  versions: string[]
  tookMs: number
}

const DEFAULT_HEALTH_TIMEOUT_MS = 120_000
/** Until a data centre that is to be upgraded must be whole: one that has just been upgraded in part may need a while. */
const FIRST_TIMEOUT_MS = 30_000
const LOOK_AGAIN_MS = 100
/** A switchover refuses when something happens at the same moment. */
const SWITCHOVER_TRIES = 3

/**
 * Restarts Redis and Sentinels one after the other, while users log in: for a new version of the program, or for
 * settings that are read at the start. Each next one only when the data centre is whole again; the primary only when
 * another one is primary. Safe to run again after any interruption: what has been restarted since stays so.
 *
 * Throws `BUSY`, and `NOT_SAFE` when the data centre is not whole, before anything is changed; `UPGRADE_FAILED` and
 * `UPGRADE_ABORTED` when it had begun; `INVALID_OPTION` for an unknown host; and as `openDataCentre`.
 */
export async function upgrade(options: UpgradeOptions): Promise<UpgradeReport> {
  const dataCentre = await openDataCentre(options)
  return exclusively(dataCentre, 'upgrade', () => upgradeOf(dataCentre, options))
}

/** The same for who has the data centre to himself already. */
export async function upgradeOf(dataCentre: AnyDataCentre, options: UpgradeChoice): Promise<UpgradeReport> {
  const nodes = new Nodes(dataCentre)
  const sentinels = new Sentinels(dataCentre)
  try {
    return await new Upgrade(dataCentre, options, () => look(dataCentre, nodes, sentinels)).run()
  } finally {
    nodes.close()
    sentinels.close()
  }
}

class Upgrade {
  readonly #dataCentre: AnyDataCentre
  readonly #options: UpgradeChoice
  readonly #look: () => Promise<Sight>
  readonly #restarter: Restarter
  readonly #signal: AbortSignal
  readonly #beganMs = performance.now()
  readonly #restarted: Restarted[] = []
  readonly #switchovers: UpgradeReport['switchovers'] = []
  /** What is being restarted. */
  #current: { name: string; version: string; beganMs: number } | null = null

  constructor(dataCentre: AnyDataCentre, options: UpgradeChoice, look: () => Promise<Sight>) {
    this.#dataCentre = dataCentre
    this.#options = options
    this.#look = look
    this.#signal = options.signal ?? new AbortController().signal
    this.#restarter = restarterFor(dataCentre, options)
  }

  async run(): Promise<UpgradeReport> {
    const { topology, folder } = this.#dataCentre
    this.#tell('check', null, 'Checking that the data centre is whole.')
    const mended = await mendSwitchover(this.#dataCentre)
    const first = await this.#whole(FIRST_TIMEOUT_MS, 'NOT_SAFE')
    const journal = await this.#journalFor(first)
    const sight = await this.#restartAll(first, journal)
    await removeJournal(folder.upgradeFile)
    this.#tell('done', null, 'Everything was restarted.')
    const versions = [...sight.redis, ...sight.sentinels].map(({ facts }) => facts?.version ?? '')
    return {
      name: topology.name,
      beganAt: journal.beganAt,
      restarted: [...this.#byOthers(sight, journal), ...this.#restarted],
      switchovers: this.#switchovers,
      mended,
      primary: primaryOf(sight.redis)?.at ?? '',
      versions: [...new Set(versions)].sort(),
      tookMs: Math.round(performance.now() - this.#beganMs),
    }
  }

  /** Answers how all is at the end. */
  async #restartAll(first: Sight, journal: Journal): Promise<Sight> {
    const notChosen = this.#dataCentre.topology.dataHosts.flatMap((host, index) =>
      priorityOf(host) === 0 ? [processName('redis', index, host)] : [],
    )
    let sight = first
    for (;;) {
      const step = nextStep(sight, journal, notChosen)
      if (step.kind === 'done') return sight
      if (step.kind === 'stop') throw this.#failure(step.reason)
      this.#stopIfAborted()
      if (step.kind === 'switch-over') await this.#switchOver(step)
      else await this.#restart(step.process)
      sight = await this.#whole(this.#options.healthTimeoutMs ?? DEFAULT_HEALTH_TIMEOUT_MS, 'UPGRADE_FAILED')
      if (step.kind === 'restart') this.#note(step.process, sight)
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
    const untilMs = performance.now() + this.#restarter.patienceMs
    while (!(await this.#isAnother(process))) {
      this.#stopIfAborted()
      if (performance.now() > untilMs) throw this.#failure(`${name} did not come back as another process.`)
      await this.#pause()
    }
    this.#tell('wait', name, `${name} is back. Waiting until the data centre is whole.`)
  }

  async #isAnother(process: Process): Promise<boolean> {
    const sight = await this.#look()
    const now = [...sight.redis, ...sight.sentinels].find(({ name }) => name === process.name)
    return now?.facts != null && now.facts.runId !== process.facts?.runId
  }

  async #switchOver({ from, to }: Extract<NextStep, { kind: 'switch-over' }>): Promise<void> {
    this.#tell('switch-over', from.name, `${to.name} becomes the primary, before ${from.name} is restarted.`)
    for (let tries = 1; ; tries += 1) {
      try {
        const { pausedMs, ...moved } = await switchOver(this.#dataCentre, {
          to: to.at,
          onProgress: ({ text }) => this.#tell('switch-over', from.name, text),
        })
        this.#switchovers.push({ from: moved.from, to: moved.to, pausedMs })
        return
      } catch (error) {
        if (tries >= SWITCHOVER_TRIES || !(error instanceof ClusterError)) throw error
        // A failover at the same moment, perhaps: when it is over, how things are decides anew.
        const sight = await this.#whole(DEFAULT_HEALTH_TIMEOUT_MS, 'UPGRADE_FAILED')
        if (primaryOf(sight.redis)?.name !== from.name) return
      }
    }
  }

  /** Waits until the data centre is whole, and answers how it is then. */
  async #whole(limitMs: number, code: 'NOT_SAFE' | 'UPGRADE_FAILED'): Promise<Sight> {
    const untilMs = performance.now() + limitMs
    for (;;) {
      this.#stopIfAborted()
      const sight = await this.#look()
      const missing = whatIsMissing(sight)
      if (missing === null) return sight
      if (performance.now() > untilMs) {
        const waited = `Waited ${limitMs / 1000} s until the data centre is whole. ${missing}`
        if (code === 'NOT_SAFE') throw new ClusterError(code, `${waited} See \`holdfast doctor\`.`)
        throw this.#failure(waited)
      }
      await this.#pause()
    }
  }

  /** That of a run that was interrupted, or a new one. */
  async #journalFor(sight: Sight): Promise<Journal> {
    const file = this.#dataCentre.folder.upgradeFile
    const selection: Selection = { only: this.#options.only ?? null, host: this.#options.host ?? null }
    const found = await readJournal(file, selection)
    if (found !== null) {
      this.#tell('check', null, `Going on with the upgrade that began at ${found.beganAt}.`)
      return found
    }
    const targets = this.#chosen(sight).map(({ name, facts }) => ({
      name,
      runId: facts?.runId ?? '',
      version: facts?.version ?? '',
    }))
    const journal = { beganAt: new Date().toISOString(), ...selection, targets }
    await writeJournal(file, journal)
    return journal
  }

  #chosen({ redis, sentinels }: Sight): Process[] {
    const { only, host } = this.#options
    const { dataHosts } = this.#dataCentre.topology
    if (host !== undefined && !dataHosts.some((one) => isMeant(one, host))) {
      const known = dataHosts.map((one) => one.name ?? one.host).join(', ')
      throw new InvalidOptionError(`There is no data host "${host}". There are ${known}.`)
    }
    return [...sentinels, ...redis].filter(({ kind, index }) => {
      const dataHost = dataHosts[index]
      return (only ?? kind) === kind && (host === undefined || (dataHost && isMeant(dataHost, host)))
    })
  }

  #note({ name }: Process, { redis, sentinels }: Sight): void {
    if (this.#current === null) return
    const now = [...redis, ...sentinels].find((one) => one.name === name)
    const tookMs = Math.round(performance.now() - this.#current.beganMs)
    this.#restarted.push({ name, from: this.#current.version, to: now?.facts?.version ?? '', tookMs })
    this.#current = null
  }

  /** What an interrupted run had restarted already, or a crash meanwhile. */
  #byOthers({ redis, sentinels }: Sight, journal: Journal): Restarted[] {
    return journal.targets.flatMap(({ name, version }) => {
      const process: Process | undefined = [...sentinels, ...redis].find((one) => one.name === name)
      const isOwn = this.#restarted.some((own) => own.name === name)
      if (process === undefined || isOwn || isPending(process, journal)) return []
      return { name, from: version, to: process.facts?.version ?? '', tookMs: null }
    })
  }

  #stopIfAborted(): void {
    if (!this.#signal.aborted) return
    throw new ClusterError('UPGRADE_ABORTED', `The upgrade was broken off. ${this.#whereItStands()}`)
  }

  #failure(reason: string, cause?: unknown): ClusterError {
    return new ClusterError('UPGRADE_FAILED', `${reason} ${this.#whereItStands()}`, { cause })
  }

  #whereItStands(): string {
    const done = this.#restarted.map(({ name }) => name).join(', ')
    const current = this.#current === null ? '' : ` ${this.#current.name} was being restarted.`
    return `${done === '' ? 'Nothing was restarted' : `Restarted: ${done}`}.${current} Run it again to go on.`
  }

  /** Ends at once when it is broken off; whoever waits looks at the signal first. */
  async #pause(): Promise<void> {
    await sleep(LOOK_AGAIN_MS, undefined, { signal: this.#signal }).catch(() => {})
  }

  #tell(step: UpgradeStep, process: string | null, text: string, command: string | null = null): void {
    this.#options.onProgress?.({ step, process, text, command })
  }
}

type Process = Sight['redis'][number] | Sight['sentinels'][number]

const isMeant = (dataHost: { name?: string; host: string }, wish: string) =>
  dataHost.name === wish || dataHost.host === wish

function restarterFor(dataCentre: AnyDataCentre, { restartCommand }: UpgradeChoice): Restarter {
  if (!isSite(dataCentre)) return bySupervisor(dataCentre.folder.path)
  return restartCommand === undefined ? byHand(dataCentre.hosts) : byCommand(restartCommand, dataCentre.hosts)
}
