import { ask } from '../data-centre/ask.ts'
import { until } from '../data-centre/until.ts'
import { strengthToKillAt } from '../faults/planned.ts'
import { DATA_HOSTS } from '../hosts/places.ts'
import { ALL_PROMISES, SAFETY_ONLY } from '../schedule/promise.ts'
import { isProduct } from '../systems/system.ts'
import type { CaseContext, FaultCase } from './case.ts'

/** Throws when an operation of the product did not succeed, or when it left a Redis with a preferred priority. */
async function mustBeDone({ testbed }: CaseContext): Promise<void> {
  if (!isProduct(testbed.system)) return
  const missed = testbed.timeline.spans.find(({ confirmed }) => !confirmed)
  if (missed !== undefined)
    throw new Error(`The operation ${missed.fault} did not succeed. See the timeline.`)
  for (const host of DATA_HOSTS) {
    const { 'replica-priority': priority } = (await ask(host, [
      'CONFIG',
      'GET',
      'replica-priority',
    ])) as Record<string, unknown>
    if (String(priority) !== '100')
      throw new Error(`The Redis on ${host} still has the replica-priority ${priority}.`)
  }
}

/** Planned operations under load: alone, with a fault during the operation, and killed during the operation. */
export const PLANNED: readonly FaultCase[] = [
  {
    name: 'switchover',
    summary: 'a planned switchover (for the controls: SENTINEL FAILOVER)',
    longWarmUp: true,
    promises: ALL_PROMISES,
    failingControls: [],
    run: async (context) => {
      await (await context.inject('switchover')).end()
      await mustBeDone(context)
      await context.pause(3000)
    },
  },
  {
    name: 'switchover-and-dead-primary',
    summary: 'the primary is killed during a planned switchover',
    longWarmUp: true,
    promises: SAFETY_ONLY,
    failingControls: ['connect-redis'],
    run: async (context) => {
      const moved = await context.inject('switchover')
      await until('a failover has active', () => context.testbed.dataCentre.isFailingOver())
      const dead = await context.inject('kill-redis', { role: 'a' })
      await context.pause(4000)
      await dead.end()
      await moved.end()
    },
  },
  {
    name: 'killed-switchover',
    summary:
      'a planned switchover is killed after the promotion, before the replicas follow and while writes wait; the next switchover cleans up',
    longWarmUp: true,
    promises: SAFETY_ONLY,
    failingControls: [],
    run: async (context) => {
      await (await context.inject('killed-switchover', {}, strengthToKillAt.switchover('follow'))).end()
      await mustBeDone(context)
      await context.pause(2000)
    },
  },
  {
    name: 'rotate-passwords',
    summary: 'the passwords of all users are rotated; the applications take their new passwords under load',
    longWarmUp: true,
    promises: ALL_PROMISES,
    failingControls: [],
    run: async (context) => {
      await (await context.inject('rotate-passwords')).end()
      await mustBeDone(context)
      await context.pause(2000)
    },
  },
  {
    name: 'rotate-passwords-and-dead-primary',
    summary: 'the primary is killed during a rotation of all passwords, and restarts with its data',
    promises: SAFETY_ONLY,
    failingControls: ['connect-redis'],
    run: async (context) => {
      const rotated = await context.inject('rotate-passwords')
      await context.pause(1500)
      await context.during('kill-redis', 4000)
      await rotated.end()
      await mustBeDone(context)
      await context.pause(1000)
    },
  },
  {
    name: 'killed-rotation',
    summary: 'a rotation of all passwords is killed while it changes the Sentinels; it is run again',
    promises: SAFETY_ONLY,
    failingControls: [],
    run: async (context) => {
      await (await context.inject('killed-rotation', {}, strengthToKillAt.rotation('sentinels'))).end()
      await mustBeDone(context)
      await context.pause(1000)
    },
  },
]
