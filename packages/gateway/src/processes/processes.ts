import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Metric } from '@holdfast/tokens'
import type { GatewayConfig } from '../config/schema.ts'
import { GatewayError, type GatewayErrorCode, ProcessesDieError } from '../errors.ts'
import { HEARTBEAT_MS, type Heartbeats } from './heartbeats.ts'
import type { FromServing, ToServing } from './messages.ts'
import { RestartRule } from './restart-rule.ts'

/**
 * A gateway ends within five seconds, and its store within two more when a replica is away; one that does not is ended
 * (in milliseconds).
 */
const END_MS = 9000
/** How long a serving process has to tell its metrics (in milliseconds). */
const METRICS_MS = 3000

export interface ProcessesOptions {
  configFile: string
  count: number
  /** A socket that listens already. */
  fd: number | undefined
  signal: AbortSignal
  heartbeats: Heartbeats
  /** All serve. */
  onReady: () => void
  onHang: (what: { number: number; pid: number | undefined }) => void
  onDeath: (what: Death) => void
}

/** A process ended that should serve, and is started again after `againMs`. */
interface Death {
  number: number
  pid: number | undefined
  /** Its exit code, or the signal that ended it; null when it could not be started. */
  code: number | string | null
  /** What it could not start for, in its own words. */
  failure?: Failure
  againMs: number
}

interface Failure {
  code: string
  message: string
}

/** One of the processes. */
interface Slot {
  worker: Worker
  startedMs: number
  /** It is not there in place of one that died. */
  isFirst: boolean
  listens: boolean
  hangs: boolean
  failure?: Failure
}

/** How many processes are to serve. */
export function countOf(processes: GatewayConfig['processes']): number {
  return processes === 'auto' ? Math.min(64, availableParallelism()) : processes
}

/**
 * Serves by several processes that share one listening socket, until `signal` aborts. One that dies is started again,
 * later each time; one that hangs is ended first. When they die too often all end, and it throws `PROCESSES_DIE`; when one
 * of the first finds what starting again does not mend, it throws that. What stands in the way of a later one (a
 * configuration file that was broken since) is told, and the others serve on.
 * INV-GATEWAY-26.
 */
export async function runProcesses(options: ProcessesOptions): Promise<void> {
  const { configFile, count, fd, signal, heartbeats } = options
  cluster.setupPrimary({
    // A metric that is not known is NaN, which JSON does not have.
    serialization: 'advanced',
    exec: fileURLToPath(new URL('./worker.ts', import.meta.url)),
    args: [configFile, ...(fd === undefined ? [] : [String(fd)])],
  })
  const failed = Promise.withResolvers<never>()
  const rule = new RestartRule()
  const slots = new Map<number, Slot>()
  const waiting = new Map<number, NodeJS.Timeout>()
  const restarts = { died: 0, hung: 0 }
  const collector = new Collector(slots, () => restartMetrics(restarts))
  const listened = new Set<number>()
  let isEnding = false

  function start(number: number, isFirst: boolean): void {
    const worker = cluster.fork({ HOLDFAST_PROCESS: String(number) })
    const slot: Slot = { worker, startedMs: performance.now(), isFirst, listens: false, hangs: false }
    slots.set(number, slot)
    heartbeats.started(number, slot.startedMs)
    worker.on('message', (message: FromServing) => hear(number, slot, message))
    worker.on('error', () => {
      // Without a pid it was never there, and no exit will be told.
      if (worker.process.pid === undefined) bury(number, slot, null)
      else worker.process.kill('SIGKILL')
    })
    worker.once('exit', (code, endSignal) => bury(number, slot, code ?? endSignal))
  }

  function hear(number: number, slot: Slot, message: FromServing): void {
    heartbeats.heard(number, performance.now())
    switch (message.type) {
      case 'alive':
        return
      case 'failed':
        slot.failure = { code: message.code, message: message.message }
        if (slot.isFirst) failed.reject(new ServingFailedError(slot.failure))
        return
      case 'collect':
        void collector.collect().then((all) => send(slot.worker, { type: 'collected', id: message.id, all }))
        return
      case 'metrics':
        collector.told(number, message)
        return
      case 'listening':
        slot.listens = true
        if (listened.size === count) return
        listened.add(number)
        if (listened.size === count) options.onReady()
    }
  }

  function bury(number: number, slot: Slot, code: number | string | null): void {
    if (slots.get(number) !== slot) return
    const { worker, startedMs, hangs, failure } = slot
    slots.delete(number)
    heartbeats.ended(number)
    if (isEnding || signal.aborted) return
    restarts[hangs ? 'hung' : 'died'] += 1
    const againMs = rule.next(performance.now(), startedMs, Math.random())
    if (againMs === null) {
      failed.reject(new ProcessesDieError(rule.sentence))
      return
    }
    const { pid } = worker.process
    options.onDeath({ number, pid, code, ...(failure === undefined ? {} : { failure }), againMs })
    // It keeps this process going when all the others have died, too.
    const timer = setTimeout(() => {
      waiting.delete(number)
      start(number, false)
    }, againMs)
    waiting.set(number, timer)
  }

  function look(): void {
    for (const number of heartbeats.look(performance.now())) {
      const slot = slots.get(number)
      if (slot === undefined || slot.hangs) continue
      slot.hangs = true
      options.onHang({ number, pid: slot.worker.process.pid })
      slot.worker.process.kill('SIGKILL')
    }
  }

  const hangUp = () => {
    // One that does not listen yet has no handler: the signal would end it. It reads its files in any case.
    for (const { worker, listens } of slots.values()) if (listens) worker.process.kill('SIGHUP')
  }
  process.on('SIGHUP', hangUp)
  const looking = setInterval(look, HEARTBEAT_MS)
  try {
    for (let number = 1; number <= count; number++) start(number, true)
    const ended = signal.aborted ? Promise.resolve() : once(signal, 'abort')
    await Promise.race([ended, failed.promise])
  } finally {
    isEnding = true
    for (const timer of waiting.values()) clearTimeout(timer)
    clearInterval(looking)
    process.off('SIGHUP', hangUp)
    await endAll([...slots.values()].map(({ worker }) => worker))
  }
}

/** What the process that started the others counts itself. */
const restartMetrics = (restarts: Readonly<Record<string, number>>): Metric[] => [
  {
    name: 'holdfast_process_restarts_total',
    help: 'Serving processes that were started again, by why: they died, or hung and were ended.',
    type: 'counter',
    samples: Object.entries(restarts).map(([why, value]) => ({ labels: { why }, value })),
  },
]

async function endAll(workers: readonly Worker[]): Promise<void> {
  await Promise.all(
    workers.map(async (worker) => {
      if (worker.isDead()) return
      const ended = once(worker, 'exit')
      send(worker, { type: 'end' })
      const late = setTimeout(() => worker.process.kill('SIGKILL'), END_MS)
      await ended
      clearTimeout(late)
    }),
  )
}

function send(worker: Worker, message: ToServing): void {
  // One that is about to end may have closed its channel; its exit is what counts.
  if (worker.isConnected()) worker.send(message, undefined, () => {})
}

/** Asks all serving processes for their metrics. */
class Collector {
  readonly #slots: ReadonlyMap<number, Slot>
  readonly #own: () => Metric[]
  readonly #asked = new Map<number, (number: number, metrics: Metric[]) => void>()
  #question = 0

  /** `own` are those of the process that asks, which has the number 0. */
  constructor(slots: ReadonlyMap<number, Slot>, own: () => Metric[]) {
    this.#slots = slots
    this.#own = own
  }

  async collect(): Promise<{ number: number; metrics: Metric[] }[]> {
    this.#question += 1
    const question = this.#question
    const all: { number: number; metrics: Metric[] }[] = []
    const { promise: complete, resolve } = Promise.withResolvers<void>()
    const asked = [...this.#slots.values()]
    this.#asked.set(question, (number, metrics) => {
      all.push({ number, metrics })
      if (all.length >= asked.length) resolve()
    })
    for (const { worker } of asked) send(worker, { type: 'tell-metrics', question })
    const late = new AbortController()
    const deadline = sleep(METRICS_MS, undefined, { signal: late.signal }).catch(() => {})
    await Promise.race([complete, deadline])
    late.abort()
    this.#asked.delete(question)
    all.push({ number: 0, metrics: this.#own() })
    return all.sort((one, other) => one.number - other.number)
  }

  told(number: number, { question, metrics }: Extract<FromServing, { type: 'metrics' }>): void {
    this.#asked.get(question)?.(number, metrics)
  }
}

/** What a serving process found, with its own code and words. */
class ServingFailedError extends GatewayError {
  override readonly code: GatewayErrorCode

  constructor({ code, message }: Failure) {
    super(message)
    this.code = code as GatewayErrorCode
  }
}
