import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Metric } from '@holdfast/tokens'
import { GatewayError, type GatewayErrorCode, ProcessesDieError } from '../base/errors.ts'
import type { GatewayConfig } from '../config/schema.ts'
import { HEARTBEAT_MS, type Heartbeats } from './heartbeats.ts'
import { RestartRule } from './restart-rule.ts'
import type { FromServing, ToServing } from './serving.ts'

/**
 * A gateway ends within five seconds, and its store within two more when a replica is down. A process that takes longer is
 * killed (in milliseconds).
 */
const END_MS = 9000
/** How long a serving process has to send its metrics (in milliseconds). */
const METRICS_MS = 3000

export interface ProcessesOptions {
  /** The program of each process. */
  workerFile: string
  configFile: string
  count: number
  /** A socket that already listens. */
  fd: number | undefined
  signal: AbortSignal
  heartbeats: Heartbeats
  /** All processes serve. */
  onReady: () => void
  onHang: (what: { number: number; pid: number | undefined }) => void
  onDeath: (what: Death) => void
}

/** A serving process ended unexpectedly, and is restarted after `againMs`. */
interface Death {
  number: number
  pid: number | undefined
  /** Its exit code, or the signal that ended it; null when it could not be started. */
  code: number | string | null
  /** Why it could not start, as it reported itself. */
  failure?: Failure
  againMs: number
}

interface Failure {
  code: string
  message: string
}

/** One serving process. */
interface Slot {
  worker: Worker
  startedMs: number
  /** False when it replaces a process that died. */
  isFirst: boolean
  listens: boolean
  hangs: boolean
  failure?: Failure
}

/** The number of processes to start. */
export function countOf(processes: GatewayConfig['processes']): number {
  return processes === 'auto' ? Math.min(64, availableParallelism()) : processes
}

/**
 * Runs several processes that share one listening socket, until `signal` aborts. A process that dies is restarted, with a
 * growing delay; a process that hangs is killed first. When they die too often, all end, and it throws `PROCESSES_DIE`.
 * When one of the first processes reports a failure that a restart cannot fix, it throws that failure. The same failure of
 * a later process (such as a configuration file that was broken since) is logged, and the others continue.
 * INV-GATEWAY-26.
 */
export async function runProcesses(options: ProcessesOptions): Promise<void> {
  const { workerFile, configFile, count, fd, signal, heartbeats } = options
  cluster.setupPrimary({
    // An unknown metric is NaN, which JSON does not support.
    serialization: 'advanced',
    exec: workerFile,
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
    worker.on('message', (message: FromServing) => onMessage(number, slot, message))
    worker.on('error', () => {
      // Without a pid it never started, and there will be no exit event.
      if (worker.process.pid === undefined) onExit(number, slot, null)
      else worker.process.kill('SIGKILL')
    })
    worker.once('exit', (code, endSignal) => onExit(number, slot, code ?? endSignal))
  }

  function onMessage(number: number, slot: Slot, message: FromServing): void {
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
        collector.receive(number, message)
        return
      case 'listening':
        slot.listens = true
        if (listened.size === count) return
        listened.add(number)
        if (listened.size === count) options.onReady()
    }
  }

  function onExit(number: number, slot: Slot, code: number | string | null): void {
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
    // This timer also keeps this process running when all the others have died.
    const timer = setTimeout(() => {
      waiting.delete(number)
      start(number, false)
    }, againMs)
    waiting.set(number, timer)
  }

  function checkHeartbeats(): void {
    for (const number of heartbeats.check(performance.now())) {
      const slot = slots.get(number)
      if (slot === undefined || slot.hangs) continue
      slot.hangs = true
      options.onHang({ number, pid: slot.worker.process.pid })
      slot.worker.process.kill('SIGKILL')
    }
  }

  const forwardHangUp = () => {
    // The signal would kill a process that does not listen yet, because it has no handler. It reads its files anyway.
    for (const { worker, listens } of slots.values()) if (listens) worker.process.kill('SIGHUP')
  }
  process.on('SIGHUP', forwardHangUp)
  const checking = setInterval(checkHeartbeats, HEARTBEAT_MS)
  try {
    for (let number = 1; number <= count; number++) start(number, true)
    const ended = signal.aborted ? Promise.resolve() : once(signal, 'abort')
    await Promise.race([ended, failed.promise])
  } finally {
    isEnding = true
    for (const timer of waiting.values()) clearTimeout(timer)
    clearInterval(checking)
    process.off('SIGHUP', forwardHangUp)
    await endAll([...slots.values()].map(({ worker }) => worker))
  }
}

/** The metrics of the parent process itself. */
const restartMetrics = (restarts: Readonly<Record<string, number>>): Metric[] => [
  {
    name: 'holdfast_process_restarts_total',
    help: 'Restarts of serving processes, by reason: they died, or hung and were killed.',
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
  // A process that is about to end may have closed its channel; its exit is handled elsewhere.
  if (worker.isConnected()) worker.send(message, undefined, () => {})
}

/** Collects the metrics of all serving processes. */
class Collector {
  readonly #slots: ReadonlyMap<number, Slot>
  readonly #own: () => Metric[]
  readonly #asked = new Map<number, (number: number, metrics: Metric[]) => void>()
  #question = 0

  /** `own` returns the metrics of the parent process, which has the number 0. */
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
    for (const { worker } of asked) send(worker, { type: 'send-metrics', question })
    const late = new AbortController()
    const deadline = sleep(METRICS_MS, undefined, { signal: late.signal }).catch(() => {})
    await Promise.race([complete, deadline])
    late.abort()
    this.#asked.delete(question)
    all.push({ number: 0, metrics: this.#own() })
    return all.sort((one, other) => one.number - other.number)
  }

  receive(number: number, { question, metrics }: Extract<FromServing, { type: 'metrics' }>): void {
    this.#asked.get(question)?.(number, metrics)
  }
}

/** A failure of a serving process, with its own code and message. */
class ServingFailedError extends GatewayError {
  override readonly code: GatewayErrorCode

  constructor({ code, message }: Failure) {
    super(message)
    this.code = code as GatewayErrorCode
  }
}
