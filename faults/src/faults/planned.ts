import { until } from '../data-centre/until.ts'
import { DATA_HOSTS } from '../hosts/places.ts'
import { operate } from '../operations/operate.ts'
import { rotateToTheEnd } from '../operations/rotation.ts'
import type { Site } from '../site/site.ts'
import type { Begun, Fault } from './fault.ts'
import { OPERATION_FAULTS } from './operations.ts'

/** The steps in which a fault kills a switchover: one step for each kind of unfinished state. */
const SWITCHOVER_DIES_AT = ['prefer', 'promote', 'follow', 'agree'] as const
/**
 * The steps in which a fault kills a rotation: one for each kind of process that it changes, and one during the
 * removal of the old passwords.
 */
const ROTATION_DIES_AT = ['add', 'sentinels', 'relink', 'remove'] as const

/** The step in which a fault of this strength (0 to 1) kills an operation. */
const stepOf = (steps: readonly string[], strength: number): string =>
  steps[Math.min(steps.length - 1, Math.floor(strength * steps.length))] ?? ''

/** The strength with which a fault kills a switchover, or a rotation, in the given step. */
export const diesAt = {
  switchover: (step: (typeof SWITCHOVER_DIES_AT)[number]) =>
    SWITCHOVER_DIES_AT.indexOf(step) / SWITCHOVER_DIES_AT.length,
  rotation: (step: (typeof ROTATION_DIES_AT)[number]) =>
    ROTATION_DIES_AT.indexOf(step) / ROTATION_DIES_AT.length,
}

/** Runs the product's switchover. With a control, it runs a plain SENTINEL FAILOVER, which every installation has. */
const switchover: Fault = {
  summary: 'a planned switchover promotes another Redis',
  reach: 'planned',
  loginGapMs: 1500,
  begin: async (site, target, strength) => {
    if (site.system !== 'holdfast') return OPERATION_FAULTS['sentinel-failover'].begin(site, target, strength)
    const where = await site.resolve('primary')
    return { where, ...inTheBackground(site, switchedOver(site)) }
  },
}

const killedSwitchover: Fault = {
  summary: 'a planned switchover is killed half-way; it is run again',
  reach: 'everywhere',
  begin: async (site, target, strength) => {
    if (site.system !== 'holdfast') return OPERATION_FAULTS['sentinel-failover'].begin(site, target, strength)
    const where = await site.resolve('primary')
    const step = stepOf(SWITCHOVER_DIES_AT, strength)
    const first = operate('switchover', site.dataCentre.state.path, step).then((outcome) => {
      if (outcome.how !== 'killed') throw new Error(`The switchover did not reach the step ${step}.`)
      return `killed in step ${outcome.step}`
    })
    const { evidence, end } = inTheBackground(site, first)
    return {
      where,
      evidence,
      end: async () => {
        await end()
        site.timeline.note(`The next switchover: ${await runAgain(site)}`)
      },
    }
  },
}

const rotatePasswords: Fault = {
  summary: 'the passwords of all users are rotated',
  reach: 'planned',
  begin: async (site) => ({
    where: DATA_HOSTS.join(', '),
    ...inTheBackground(site, rotateToTheEnd(site, null)),
  }),
}

const killedRotation: Fault = {
  summary: 'a rotation of all passwords is killed half-way; it is run again',
  reach: 'everywhere',
  begin: async (site, _target, strength) => ({
    where: DATA_HOSTS.join(', '),
    ...inTheBackground(site, rotateToTheEnd(site, stepOf(ROTATION_DIES_AT, strength))),
  }),
}

/**
 * Runs another switchover after a killed one, and returns its result. The product refuses it until the data centre
 * is stable.
 */
async function runAgain(site: Site): Promise<string> {
  let said = ''
  await until('a switchover succeeds after the killed one', async () => {
    said = await switchedOver(site).catch((error: Error) => `refused: ${error.message}`)
    return !said.startsWith('refused: ')
  }).catch(() => {})
  return said
}

/** Runs a switchover. Throws the reason if the switchover was not done. */
async function switchedOver(site: Site): Promise<string> {
  const outcome = await operate('switchover', site.dataCentre.state.path)
  if (outcome.how === 'done') return outcome.said
  throw new Error(
    outcome.how === 'refused' ? outcome.why : `The switchover was killed in step ${outcome.step}.`,
  )
}

/** Runs an operation during the fault, and waits for it at the end. The evidence is the result of the operation. */
function inTheBackground(site: Site, work: Promise<string>): Pick<Begun, 'evidence' | 'end'> {
  const done = work.catch((error: unknown) => {
    site.timeline.note(`The operation failed: ${error instanceof Error ? error.message : String(error)}`)
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
