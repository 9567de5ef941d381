import { ask } from '../data-centre/ask.ts'
import { until } from '../data-centre/until.ts'
import { diesAt } from '../faults/planned.ts'
import { DATA_HOSTS } from '../hosts/places.ts'
import { ALL_PROMISES, SAFETY_ONLY } from '../schedule/promise.ts'
import type { FaultCase, Stage } from './case.ts'

/** Throws when an operation of the product did not succeed, or when it left a Redis with a preferred priority. */
async function mustBeDone({ site }: Stage): Promise<void> {
  if (site.system !== 'holdfast') return
  const missed = site.timeline.spans.find(({ confirmed }) => !confirmed)
  if (missed !== undefined) throw new Error(`${missed.fault} was not done: see the timeline.`)
  for (const host of DATA_HOSTS) {
    const { 'replica-priority': priority } = (await ask(host, [
      'CONFIG',
      'GET',
      'replica-priority',
    ])) as Record<string, unknown>
    if (String(priority) !== '100') throw new Error(`${host} has the replica-priority ${priority} still.`)
  }
}

/** Planned operations under load: alone, with a fault during the operation, and killed during the operation. */
export const PLANNED: readonly FaultCase[] = [
  {
    name: 'switchover',
    summary: 'a planned switchover; beside the controls a plain SENTINEL FAILOVER',
    longWarmUp: true,
    promises: ALL_PROMISES,
    madeFor: [],
    play: async (stage) => {
      await (await stage.inject('switchover')).end()
      await mustBeDone(stage)
      await stage.pause(3000)
    },
  },
  {
    name: 'switchover-and-dead-primary',
    summary: 'the primary is killed in the middle of a planned switchover',
    longWarmUp: true,
    promises: SAFETY_ONLY,
    madeFor: ['connect-redis'],
    play: async (stage) => {
      const moved = await stage.inject('switchover')
      await until('a failover has begun', () => stage.site.dataCentre.isFailingOver())
      const dead = await stage.inject('kill-redis', { role: 'a' })
      await stage.pause(4000)
      await dead.end()
      await moved.end()
    },
  },
  {
    name: 'killed-switchover',
    summary:
      'kill -9 to a planned switchover when the new primary is there and the others do not follow yet, while writes wait; the next one mends what it left',
    longWarmUp: true,
    promises: SAFETY_ONLY,
    madeFor: [],
    play: async (stage) => {
      await (await stage.inject('killed-switchover', {}, diesAt.switchover('follow'))).end()
      await mustBeDone(stage)
      await stage.pause(2000)
    },
  },
  {
    name: 'rotate-passwords',
    summary: 'the passwords of all users are rotated, and the applications take theirs while they work',
    longWarmUp: true,
    promises: ALL_PROMISES,
    madeFor: [],
    play: async (stage) => {
      await (await stage.inject('rotate-passwords')).end()
      await mustBeDone(stage)
      await stage.pause(2000)
    },
  },
  {
    name: 'rotate-passwords-and-dead-primary',
    summary: 'the primary is killed in the middle of a rotation of all passwords, and is back with its data',
    promises: SAFETY_ONLY,
    madeFor: ['connect-redis'],
    play: async (stage) => {
      const rotated = await stage.inject('rotate-passwords')
      await stage.pause(1500)
      await stage.during('kill-redis', 4000)
      await rotated.end()
      await mustBeDone(stage)
      await stage.pause(1000)
    },
  },
  {
    name: 'killed-rotation',
    summary: 'kill -9 to a rotation of all passwords while the Sentinels take theirs; it is run again',
    promises: SAFETY_ONLY,
    madeFor: [],
    play: async (stage) => {
      await (await stage.inject('killed-rotation', {}, diesAt.rotation('sentinels'))).end()
      await mustBeDone(stage)
      await stage.pause(1000)
    },
  },
]
