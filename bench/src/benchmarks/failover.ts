import { PRIMARY_NAME, TEST_USERS } from '@holdfast/testing'
import { recordIsLive, tokenKey } from '@holdfast/tokens'
import type { Benchmark } from '../benchmark.ts'
import { pause, sharedNowMs } from '../clock.ts'
import { DataCentre } from '../data-centre.ts'
import { type Figure, figure, single } from '../figure.ts'
import { WorkerProcess } from '../worker-process.ts'
import type { FailoverWorker, Load, Observations } from '../workers/failover.ts'
import type { ClientKind } from '../workers/failover-clients.ts'

const KILLS = 7
/**
 * Longer than the longest failover (`failover-timeout`). After this time a process trusts the Sentinels when they do
 * not report a failover.
 */
const BEFORE_MS = 8000
const AFTER_MS = 9000
const LOAD: Load = {
  verificationsPerSecond: 500,
  loginsPerSecond: 50,
  verifyTimeoutMs: 2000,
  loginTimeoutMs: 10_000,
}
const NAMES = ['holdfast', 'ioredis', 'ioredis, tuned', 'node-redis', 'node-redis, tuned'] as const
type Name = (typeof NAMES)[number]

/** The observations of one client during one kill. */
interface Observed {
  failedVerifications: number
  slowestVerifyMs: number
  failedLogins: number
  lostLogins: number
  loginGapMs: number
  failures: Record<string, number>
}

export const failover: Benchmark = {
  name: 'failover',
  title: 'Failover: kill -9 of the primary',
  async run({ stack, say }) {
    const centre = await DataCentre.start(stack)
    const seen = Object.fromEntries(NAMES.map((name) => [name, []])) as unknown as Record<Name, Observed[]>
    for (let kill = 0; kill < KILLS; kill++) {
      say(`kill ${kill + 1} of ${KILLS}`)
      const ofKill = await killOnce(stack, centre)
      for (const name of NAMES) seen[name].push(ofKill[name])
    }
    return {
      setup: [
        `The primary's process is killed ${KILLS} times. Each of ${NAMES.length} clients has its own process, with ${LOAD.verificationsPerSecond} verifications and ${LOAD.loginsPerSecond} logins per second. All of them use the same three Redis and three Sentinels at the same time, so each kill is the same failover for all of them. \`down-after-milliseconds\` 1500, \`failover-timeout\` 6000, Sentinel periods 500/250 ms, no watchdog. The processes run for ${BEFORE_MS / 1000} s before the kill.`,
        `ioredis (\`sentinels\`) and node-redis (\`createSentinel\`) have their defaults, and are tuned for a quick failover beside them: both retry every 50 ms and have time-outs of 1 s; ioredis also has \`maxRetriesPerRequest: null\`, and node-redis asks the Sentinels every second. They send the commands of connect-redis (SET with EX, GET). A verification fails on an error, on "not logged in" for an acknowledged login, or without an answer within ${LOAD.verifyTimeoutMs} ms; a login fails without an answer within ${LOAD.loginTimeoutMs / 1000} s. Holdfast uses its own default limits.`,
        'The login gap is the longest time between two acknowledged logins of one client. Lost: acknowledged logins that the primary does not hold after the data centre has recovered.',
        'The clients, three Redis and three Sentinels share two cores.',
      ],
      figures: NAMES.flatMap((name) => figuresOf(name, seen[name])),
      notes: NAMES.flatMap((name) => reasonsOf(name, seen[name])),
    }
  },
}

async function killOnce(stack: AsyncDisposableStack, centre: DataCentre): Promise<Record<Name, Observed>> {
  const { group } = centre
  const login = {
    primaryName: PRIMARY_NAME,
    sentinels: group.sentinels.map(({ address }) => address),
    ...TEST_USERS.admin,
  }
  const how: Record<Name, ClientKind> = {
    holdfast: { kind: 'holdfast', store: centre.storeOptions() },
    ioredis: { kind: 'ioredis', login, tuned: false },
    'ioredis, tuned': { kind: 'ioredis', login, tuned: true },
    'node-redis': { kind: 'node-redis', login, tuned: false },
    'node-redis, tuned': { kind: 'node-redis', login, tuned: true },
  }
  const workers = NAMES.map((name) => ({
    name,
    worker: WorkerProcess.start<FailoverWorker>(stack, 'failover'),
  }))
  await Promise.all(workers.map(({ name, worker }) => worker.call('start', how[name], LOAD)))
  await pause(BEFORE_MS)
  const primary = await group.primary()
  const killedMs = sharedNowMs()
  await primary.kill()
  await pause(AFTER_MS)
  const observations = await Promise.all(workers.map(({ worker }) => worker.call('stop')))
  await Promise.all(workers.map(({ worker }) => worker.stop()))
  await primary.start()
  await group.untilHealthy()
  const judged = {} as Record<Name, Observed>
  for (const [index, { name }] of workers.entries()) {
    const observed = observations[index]
    if (observed !== undefined) judged[name] = await judge(centre, name, observed, killedMs)
  }
  return judged
}

async function judge(
  centre: DataCentre,
  name: Name,
  observations: Observations,
  killedMs: number,
): Promise<Observed> {
  const { acknowledged, failedVerifications, slowestVerifyMs, failedLogins, failures } = observations
  // If a client's logins never work again, its gap lasts until the end of the load.
  const times = [...acknowledged.map(({ atMs }) => atMs), killedMs + AFTER_MS].sort((a, b) => a - b)
  const gaps = times.map((atMs, index) => atMs - (times[index - 1] ?? atMs))
  const held = await countHeld(
    centre,
    acknowledged.map(({ session }) => (name === 'holdfast' ? (tokenKey(session) ?? '') : session)),
    name === 'holdfast' ? (bytes) => recordIsLive(bytes, Date.now()) : () => true,
  )
  return {
    failedVerifications,
    slowestVerifyMs,
    failedLogins,
    failures,
    lostLogins: acknowledged.length - held,
    loginGapMs: Math.max(...gaps),
  }
}

async function countHeld(
  centre: DataCentre,
  keys: string[],
  isLive: (bytes: Buffer) => boolean,
): Promise<number> {
  const primary = await centre.group.primary()
  let held = 0
  for (let start = 0; start < keys.length; start += 500) {
    const values = await centre.group.run(primary, 'MGET', ...keys.slice(start, start + 500))
    if (!Array.isArray(values)) throw new Error('The answer to MGET is not a list.')
    held += values.filter((value) => Buffer.isBuffer(value) && isLive(value)).length
  }
  return held
}

function figuresOf(name: Name, seen: readonly Observed[]): Figure[] {
  const sum = (pick: (one: Observed) => number) => seen.reduce((total, one) => total + pick(one), 0)
  const ours = name === 'holdfast'
  const none = ours ? { atMost: 0 } : undefined
  return [
    single(
      `${name}: failed verifications, all kills`,
      '',
      sum((one) => one.failedVerifications),
      none,
    ),
    single(
      `${name}: acknowledged logins lost, all kills`,
      '',
      sum((one) => one.lostLogins),
      none,
    ),
    figure(
      `${name}: login gap`,
      's',
      seen.map(({ loginGapMs }) => loginGapMs / 1000),
      ours ? { atMost: 2 } : undefined,
    ),
    single(
      `${name}: failed logins, all kills`,
      '',
      sum((one) => one.failedLogins),
    ),
    figure(
      `${name}: slowest verification`,
      'ms',
      seen.map(({ slowestVerifyMs }) => slowestVerifyMs),
    ),
  ]
}

function reasonsOf(name: Name, seen: readonly Observed[]): string[] {
  const counts = new Map<string, number>()
  for (const { failures } of seen) {
    for (const [reason, count] of Object.entries(failures)) {
      counts.set(reason, (counts.get(reason) ?? 0) + count)
    }
  }
  if (counts.size === 0) return []
  const frequent = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 3)
  return [
    `${name}, most frequent failures: ${frequent.map(([reason, count]) => `${count} × "${reason}"`).join('; ')}.`,
  ]
}
