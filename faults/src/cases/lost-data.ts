import { until } from '../data-centre/until.ts'
import { startFault } from '../faults/inject.ts'
import { ALL_PROMISES, SAFETY_ONLY } from '../schedule/promise.ts'
import type { FaultCase } from './case.ts'

/** Nodes that return without their data. */
export const LOST_DATA: readonly FaultCase[] = [
  {
    name: 'E',
    summary:
      'the primary is killed and loses its data; the guard starts it as a replica after another Redis has become primary',
    promises: ALL_PROMISES,
    failingControls: ['connect-redis'],
    run: (context) => context.during('restart-empty', 500, { role: 'primary' }),
  },
  {
    name: 'E-without-guard',
    summary:
      'the primary is killed, loses its data and restarts at once as primary; its replicas copy the empty data set',
    promises: { ...SAFETY_ONLY, because: 'Only the guard prevents this loss.' },
    failingControls: ['plain-wait', 'connect-redis'],
    expectViolation: true,
    limitOfProxy: 'Without the guard every Redis loses the data.',
    run: async (context) => {
      const { testbed } = context
      const empty = await startFault(testbed, 'restart-empty-without-guard', async () => {
        await testbed.dataCentre.process('a').kill()
        await testbed.dataCentre.wipe('a')
        await testbed.dataCentre.restart('a')
        return { where: 'a', evidence: async () => 'Redis has started without data', end: async () => {} }
      })
      await context.pause(3000)
      await empty.end()
    },
  },
  {
    name: 'replica-empty',
    summary: 'a replica loses its data and copies it again while the other replica hangs for 1.2 s',
    promises: SAFETY_ONLY,
    failingControls: [],
    run: async (context) => {
      await context.during('restart-empty', 500, { role: 'b' })
      await context.during('pause-redis', 1200, { role: 'c' })
      await until('b has its data again', async () => {
        const view = (await context.testbed.dataCentre.views()).get('b')
        return view?.linkUp === true
      })
    },
  },
]
