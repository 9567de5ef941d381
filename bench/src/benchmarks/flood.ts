import os from 'node:os'
import type { Benchmark } from '../benchmark.ts'
import { pause } from '../clock.ts'
import { DataCentre } from '../data-centre.ts'
import { type Figure, figure, single } from '../figure.ts'
import { type GatewayProcess, startGateways } from '../flood/gateways.ts'
import { startProvider } from '../flood/provider.ts'
import type { Outcomes } from '../flood/request.ts'
import { percentile } from '../rounds.ts'
import { WorkerProcess } from '../worker-process.ts'
import type { FloodClientsWorker, FloodLoad } from '../workers/flood-clients.ts'
import type { FloodUsersWorker, Noticed, NoticedOf } from '../workers/flood-users.ts'

const GATEWAYS = 2
/** Both gateways share two cores: half of the default. */
const PASSWORD_CHECKS = 1
const USERS = 50
const PASSWORD = 'six-otters-paint-the-boathouse'
const VERIFIES = 200
const LOGINS = 2
const LOAD: FloodLoad = { logins: 100, logouts: 200, providerLogins: 50, idle: 500 }
const MAX_MEMORY_MIB = 256
const SAMPLE_MS = 5000
/** Before and after the flood: a tenth of it, within these bounds (in seconds). */
const [MIN_CALM_SECONDS, MAX_CALM_SECONDS] = [10, 60]

const PHASES = ['before', 'during', 'after'] as const
type Phases = Record<(typeof PHASES)[number], NoticedOf>

export const flood: Benchmark = {
  name: 'flood',
  title: 'A flood of clients without credentials',
  async run({ stack, floodSeconds, say }) {
    const calmSeconds = Math.min(MAX_CALM_SECONDS, Math.max(MIN_CALM_SECONDS, floodSeconds / 10))
    const centre = await DataCentre.start(stack, { redisConfig: `maxmemory ${MAX_MEMORY_MIB}mb` })
    const issuer = await startProvider(stack)
    const names = Array.from({ length: USERS }, (_, number) => `user-${number}`)
    const gateways = await startGateways(stack, centre.access, {
      gateways: GATEWAYS,
      users: names,
      password: PASSWORD,
      issuer,
      passwordChecks: PASSWORD_CHECKS,
    })
    const targets = gateways.map(({ host, port }) => ({ host, port }))
    const users = WorkerProcess.start<FloodUsersWorker>(stack, 'flood-users')
    const clients = WorkerProcess.start<FloodClientsWorker>(stack, 'flood-clients')
    await users.call('logIn', targets, names, PASSWORD)
    await users.call('start', targets, PASSWORD, VERIFIES, LOGINS)
    const watch = new Watch(centre, gateways)
    const phase = async (seconds: number) => {
      await watch.run(seconds)
      return await users.call('take')
    }
    // The first requests of a process are slower.
    await phase(MIN_CALM_SECONDS / 2)
    watch.begin()
    say(`${calmSeconds} s without the flood`)
    const before = await phase(calmSeconds)
    const keysBefore = watch.last.keys
    const logBefore = await watch.logBytes()
    const loadBefore = watch.load.length
    say(`${floodSeconds} s with the flood`)
    await clients.call('start', targets, centre.access.dataCentre, LOAD)
    const during = await phase(floodSeconds)
    const logPerSecond = ((await watch.logBytes()) - logBefore) / floodSeconds
    const load = watch.load.slice(loadBefore)
    const answers = await clients.call('stop')
    say(`${calmSeconds} s after the flood`)
    const after = await phase(calmSeconds)
    const phases = { before, during, after }
    return {
      setup: [
        `For ${floodSeconds} s, clients without credentials send per second ${LOAD.logins} logins with wrong passwords, ${LOAD.logouts} logouts of well-formed tokens that were never issued, and ${LOAD.providerLogins} requests that begin a login at an OpenID provider, each from another of four million addresses, which a trusted proxy with keep-alive connections reports. Besides, they hold ${GATEWAYS * LOAD.idle} connections that send nothing. ${USERS} users verify ${VERIFIES} times per second and log in ${LOGINS} times per second, from other networks, ${calmSeconds} s before the flood, during it, and ${calmSeconds} s after it. Every second login is from a browser that is new to the account. Times count from when a request was due. No answer within 15 s is a failure.`,
        `${GATEWAYS} gateway processes that check ${PASSWORD_CHECKS} password at a time each and otherwise have their defaults, three Redis with \`maxmemory ${MAX_MEMORY_MIB}mb\`, three Sentinels and all clients share two cores, so the clients' own work is a part of every time.`,
      ],
      figures: [
        ...noticedFigures(phases),
        single('keys in Redis before the flood', '', keysBefore),
        single('keys in Redis, maximum', '', Math.max(...watch.keys)),
        single('memory of Redis, maximum', 'bytes', Math.max(...watch.memory), {
          below: MAX_MEMORY_MIB * 2 ** 20,
        }),
        single('commands that Redis refused because its memory is full', '', await watch.refusedByMemory(), {
          atMost: 0,
        }),
        figure('memory of a gateway', 'bytes', watch.gatewayMemory),
        single('log of both gateways, per second of the flood', 'bytes', logPerSecond),
        figure('load average of the machine during the flood', '', load),
        single('gateways that ended', '', gateways.filter((one) => !one.isRunning()).length, { atMost: 0 }),
      ],
      notes: [
        `Answers to the flood, by status: ${Object.entries(answers)
          .map(([kind, outcomes]) => `${kind} ${show(outcomes)}`)
          .join('; ')}.`,
        `Failures of users during the flood: ${Object.entries(during)
          .map(([act, { failures }]) => `${act} ${show(failures)}`)
          .join('; ')}.`,
        ...(watch.missed === 0
          ? []
          : [`Redis did not answer ${watch.missed} of the questions about its memory.`]),
      ],
    }
  },
}

const ACTS: readonly [act: keyof NoticedOf, label: string][] = [
  ['verify', 'verifications'],
  ['known', 'logins in a known browser'],
  ['new', 'logins in a new browser'],
]

function noticedFigures(phases: Phases): Figure[] {
  return ACTS.flatMap(([act, label]) =>
    PHASES.flatMap((phase) => {
      const noticed = phases[phase][act]
      // A flood from more networks than a gateway can serve in turn delays strangers, among them users in new browsers.
      const goal = act === 'new' && phase === 'during' ? undefined : ({ atMost: 0 } as const)
      const when = phase === 'during' ? 'during the flood' : `${phase} the flood`
      return [
        ...(noticed.times.length === 0
          ? []
          : [single(`${label} ${when}, p99`, 'ms', percentile(noticed.times, 0.99))]),
        single(`${label} ${when}, failed`, '%', failedPercent(noticed), goal),
      ]
    }),
  )
}

function failedPercent({ times, failures }: Noticed): number {
  const failed = Object.values(failures).reduce((sum, number) => sum + number, 0)
  return failed === 0 ? 0 : (100 * failed) / (failed + times.length)
}

const show = (outcomes: Outcomes) =>
  Object.entries(outcomes)
    .map(([outcome, number]) => `${outcome} ${number.toLocaleString('en-US')}×`)
    .join(', ') || 'none'

/** Samples Redis and the gateways. */
class Watch {
  keys: number[] = []
  memory: number[] = []
  gatewayMemory: number[] = []
  /** Of one minute. */
  load: number[] = []
  /** Questions that Redis did not answer. */
  missed = 0
  readonly #centre: DataCentre
  readonly #gateways: readonly GatewayProcess[]

  constructor(centre: DataCentre, gateways: readonly GatewayProcess[]) {
    this.#centre = centre
    this.#gateways = gateways
  }

  get last() {
    return { keys: this.keys.at(-1) ?? 0 }
  }

  /** Forgets the samples so far. */
  begin(): void {
    this.keys = []
    this.memory = []
    this.gatewayMemory = []
  }

  async run(seconds: number): Promise<void> {
    const endMs = performance.now() + 1000 * seconds
    for (;;) {
      const restMs = endMs - performance.now()
      if (restMs <= 0) return
      await pause(Math.min(SAMPLE_MS, restMs))
      try {
        const { group } = this.#centre
        const [keys, memory] = await Promise.all([
          group.run(await group.primary(), 'DBSIZE'),
          this.#centre.infoNumber('memory', 'used_memory'),
        ])
        this.keys.push(Number(keys))
        this.memory.push(memory)
      } catch {
        this.missed += 1
      }
      this.load.push(os.loadavg()[0] ?? 0)
      this.gatewayMemory.push(...(await Promise.all(this.#gateways.map((one) => one.memoryBytes()))))
    }
  }

  async logBytes(): Promise<number> {
    const sizes = await Promise.all(this.#gateways.map((one) => one.logBytes()))
    return sizes.reduce((sum, size) => sum + size, 0)
  }

  /** The number of commands that the primary refused with OOM. */
  async refusedByMemory(): Promise<number> {
    const { group } = this.#centre
    const info = String(await group.run(await group.primary(), 'INFO', 'errorstats'))
    return Number(/^errorstat_OOM:count=(\d+)/m.exec(info)?.[1] ?? 0)
  }
}
