import { until } from '../data-centre/until.ts'
import { DATA_HOSTS } from '../hosts/places.ts'
import { operate } from '../operations/operate.ts'
import { rotateUntilDone } from '../operations/rotation.ts'
import { isProduct } from '../systems/system.ts'
import type { Testbed } from '../testbed/testbed.ts'
import { COMMAND_FAULTS } from './commands.ts'
import type { ActiveFault, Fault } from './fault.ts'

/** The steps in which a fault kills a switchover: one step for each kind of unfinished state. */
const SWITCHOVER_KILL_STEPS = ['prefer', 'promote', 'follow', 'agree'] as const
/**
 * The steps in which a fault kills a rotation: one for each kind of process that it changes, and one during the
 * removal of the old passwords.
 */
const ROTATION_KILL_STEPS = ['add', 'sentinels', 'relink', 'remove'] as const

/** The step in which a fault of this strength (0 to 1) kills an operation. */
const stepOf = (steps: readonly string[], strength: number): string =>
  steps[Math.min(steps.length - 1, Math.floor(strength * steps.length))] ?? ''

/** The strength with which a fault kills a switchover, or a rotation, in the given step. */
export const strengthToKillAt = {
  switchover: (step: (typeof SWITCHOVER_KILL_STEPS)[number]) =>
    SWITCHOVER_KILL_STEPS.indexOf(step) / SWITCHOVER_KILL_STEPS.length,
  rotation: (step: (typeof ROTATION_KILL_STEPS)[number]) =>
    ROTATION_KILL_STEPS.indexOf(step) / ROTATION_KILL_STEPS.length,
}

/** Runs the product's switchover. With a control, it runs a plain SENTINEL FAILOVER, which every installation has. */
const switchover: Fault = {
  summary: 'a planned switchover promotes another Redis',
  scope: 'planned',
  loginGapMs: 1500,
  start: async (testbed, target, strength) => {
    if (!isProduct(testbed.system))
      return COMMAND_FAULTS['sentinel-failover'].start(testbed, target, strength)
    const where = await testbed.resolve('primary')
    return { where, ...inTheBackground(testbed, runSwitchover(testbed)) }
  },
}

const killedSwitchover: Fault = {
  summary: 'a planned switchover is killed half-way; it is run again',
  scope: 'everywhere',
  start: async (testbed, target, strength) => {
    if (!isProduct(testbed.system))
      return COMMAND_FAULTS['sentinel-failover'].start(testbed, target, strength)
    const where = await testbed.resolve('primary')
    const step = stepOf(SWITCHOVER_KILL_STEPS, strength)
    const first = operate('switchover', testbed.dataCentre.state.path, step).then((outcome) => {
      if (outcome.status !== 'killed') throw new Error(`The switchover did not reach the step ${step}.`)
      return `killed in step ${outcome.step}`
    })
    const { evidence, end } = inTheBackground(testbed, first)
    return {
      where,
      evidence,
      end: async () => {
        await end()
        testbed.timeline.note(`The next switchover: ${await runSwitchoverAgain(testbed)}`)
      },
    }
  },
}

const rotatePasswords: Fault = {
  summary: 'the passwords of all users are rotated',
  scope: 'planned',
  start: async (testbed) => ({
    where: DATA_HOSTS.join(', '),
    ...inTheBackground(testbed, rotateUntilDone(testbed, null)),
  }),
}

const killedRotation: Fault = {
  summary: 'a rotation of all passwords is killed half-way; it is run again',
  scope: 'everywhere',
  start: async (testbed, _target, strength) => ({
    where: DATA_HOSTS.join(', '),
    ...inTheBackground(testbed, rotateUntilDone(testbed, stepOf(ROTATION_KILL_STEPS, strength))),
  }),
}

/**
 * Runs another switchover after a killed one, and returns its result. The product refuses it until the data centre
 * is stable.
 */
async function runSwitchoverAgain(testbed: Testbed): Promise<string> {
  let result = ''
  await until('a switchover succeeds after the killed one', async () => {
    result = await runSwitchover(testbed).catch((error: Error) => `refused: ${error.message}`)
    return !result.startsWith('refused: ')
  }).catch(() => {})
  return result
}

/** Runs a switchover. Throws the reason if the switchover was not done. */
async function runSwitchover(testbed: Testbed): Promise<string> {
  const outcome = await operate('switchover', testbed.dataCentre.state.path)
  if (outcome.status === 'done') return outcome.summary
  throw new Error(
    outcome.status === 'refused' ? outcome.reason : `The switchover was killed in step ${outcome.step}.`,
  )
}

/** Runs an operation during the fault, and waits for it at the end. The evidence is the result of the operation. */
function inTheBackground(testbed: Testbed, work: Promise<string>): Pick<ActiveFault, 'evidence' | 'end'> {
  const done = work.catch((error: unknown) => {
    testbed.timeline.note(`The operation failed: ${error instanceof Error ? error.message : String(error)}`)
    return null
  })
  return {
    evidence: () => done,
    end: async () => {
      await done
    },
  }
}

export const PLANNED_OPERATIONS = {
  switchover,
  'killed-switchover': killedSwitchover,
  'rotate-passwords': rotatePasswords,
  'killed-rotation': killedRotation,
} as const satisfies Record<string, Fault>

export type PlannedName = keyof typeof PLANNED_OPERATIONS
