import { ask } from '../data-centre/ask.ts'
import { FAST_STOCK_PERIODS } from '../data-centre/config.ts'
import { PRIMARY_NAME } from '../data-centre/names.ts'
import { until } from '../data-centre/until.ts'
import type { DataHost } from '../hosts/places.ts'
import { APP_HOSTS, sentinelOf } from '../hosts/places.ts'
import { SAFETY_ONLY } from '../schedule/promise.ts'
import type { CaseContext, FaultCase } from './case.ts'

/** Sentinels that have lost their peers, that promote late, or that received SENTINEL FAILOVER. */

const CONTROLS = ['plain-wait', 'connect-redis'] as const

/** Makes sure that the Sentinel of a host starts the next failover, and promotes the Redis of the same host. */
async function makeLeader(context: CaseContext, host: DataHost): Promise<void> {
  await context.testbed.dataCentre.prefer(host)
  // With quorum 1 this Sentinel alone can mark the primary as down. With a short `down-after` it does so before the
  // other Sentinels do. It still needs their votes.
  const set = ['SENTINEL', 'SET', PRIMARY_NAME]
  await ask(sentinelOf(host), [...set, 'quorum', '1'])
  await ask(sentinelOf(host), [...set, 'down-after-milliseconds', '1000'])
}

/** A Sentinel without peers on the smaller side of a cut that does not follow the borders of the hosts. */
function isolatedSentinelCase(name: 'reset-in-cut' | 'first-file-in-cut', summary: string): FaultCase {
  return {
    name,
    summary,
    longWarmUp: true,
    promises: SAFETY_ONLY,
    // The result of connect-redis depends on the Sentinel that it asks first.
    failingControls: ['plain-wait'],
    run: async (context) => {
      await context.during(name, 34_000)
      await context.pause(3000)
    },
  }
}

export const ELECTIONS: readonly FaultCase[] = [
  isolatedSentinelCase(
    'reset-in-cut',
    'a Sentinel is reset while it is isolated with the primary, one replica and one application host for 34 s, longer than an earlier journal kept its entries',
  ),
  isolatedSentinelCase(
    'first-file-in-cut',
    'a Sentinel restarts with its initial file while it is isolated with the primary, one replica and one application host for 34 s',
  ),
  {
    name: 'late-promotion',
    summary:
      'the elected Sentinel is paused for 3 s and then stays in TILT for 30 s; the applications are killed, and then it promotes a replica that has fallen behind',
    longWarmUp: true,
    promises: SAFETY_ONLY,
    failingControls: CONTROLS,
    run: async (context) => {
      await makeLeader(context, 'c')
      await context.during('stall-leader', 3000)
      await context.pause(9000)
      // This cut is too short for Sentinel to reject c as a candidate. An earlier version forgot the vote some time
      // later.
      const behind = await context.cut({ where: 'a to c', from: ['a'], to: ['c'], oneWay: true })
      await context.pause(19_500)
      const dead = await Promise.all(APP_HOSTS.map((app) => context.inject('kill-app', { app })))
      await until('c is primary', () => context.testbed.dataCentre.isPrimary('c'), {
        timeoutMs: 15_000,
      }).catch(() => {})
      await behind.end()
      await Promise.all(dead.map((application) => application.end()))
      await context.pause(3000)
    },
  },
  {
    name: 'frozen-leader',
    summary:
      "the elected Sentinel's machine is paused for 62 s, including its clocks; after it resumes, the Sentinel promotes the Redis of its own host",
    needs: 'clocks',
    longWarmUp: true,
    promises: SAFETY_ONLY,
    failingControls: CONTROLS,
    run: async (context) => {
      await makeLeader(context, 'c')
      await context.during('freeze-leader', 62_000)
      await context.pause(6000)
    },
  },
  {
    name: 'hidden-failover',
    summary:
      'a Sentinel receives SENTINEL FAILOVER while an application host cannot reach it or its Redis, four times',
    timings: FAST_STOCK_PERIODS,
    workload: { writesPerSecond: 30 },
    longWarmUp: true,
    promises: SAFETY_ONLY,
    failingControls: CONTROLS,
    run: async (context) => {
      const { dataCentre } = context.testbed
      for (const host of ['c', 'b', 'c', 'b'] as const) {
        await dataCentre.prefer(host)
        await context.during('hidden-failover', 6000, { role: host, app: 'app1' })
        await dataCentre.recoverQuickly()
        await ask(host, ['CONFIG', 'SET', 'replica-priority', '100'])
      }
    },
  },
  {
    name: 'tilt-of-all',
    summary:
      'all Sentinels are paused for 4 s, and then the primary is killed; a watchdog runs on every host',
    watchdogs: true,
    promises: SAFETY_ONLY,
    failingControls: ['connect-redis'],
    run: async (context) => {
      await context.during('pause-all-sentinels', 4000)
      await context.during('kill-redis', 8000)
    },
  },
  {
    name: 'tilt-of-one',
    summary: "a replica's Sentinel is paused for 3 s, and then the primary's host is isolated",
    watchdogs: true,
    promises: SAFETY_ONLY,
    failingControls: ['connect-redis'],
    run: async (context) => {
      await context.during('pause-sentinel', 3000, { role: 'replica' })
      await context.during('cut-host', 8000)
    },
  },
]
