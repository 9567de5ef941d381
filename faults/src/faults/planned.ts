import { until } from '../data-centre/until.ts'
import { DATA_HOSTS } from '../hosts/places.ts'
import { operate } from '../operations/operate.ts'
import { rotateToTheEnd } from '../operations/rotation.ts'
import type { Site } from '../site/site.ts'
import type { Begun, Fault } from './fault.ts'
import { OPERATION_FAULTS } from './operations.ts'

/** Where a switchover is killed: once for each thing that it can leave behind. */
const SWITCHOVER_DIES_AT = ['prefer', 'promote', 'follow', 'agree'] as const
/** Where a rotation is killed: at each kind of process that it changes, and on its way back to one password. */
const ROTATION_DIES_AT = ['add', 'sentinels', 'relink', 'remove'] as const

/** The step in which strength from 0 to 1 has an operation killed. */
const stepOf = (steps: readonly string[], strength: number): string =>
  steps[Math.min(steps.length - 1, Math.floor(strength * steps.length))] ?? ''

/** The strength that has a switchover, or a rotation, killed in that step. */
export const diesAt = {
  switchover: (step: (typeof SWITCHOVER_DIES_AT)[number]) =>
    SWITCHOVER_DIES_AT.indexOf(step) / SWITCHOVER_DIES_AT.length,
  rotation: (step: (typeof ROTATION_DIES_AT)[number]) =>
    ROTATION_DIES_AT.indexOf(step) / ROTATION_DIES_AT.length,
}

/** The product's switchover; beside a control, what everybody has: a plain SENTINEL FAILOVER. */
const switchover: Fault = {
  summary: 'another Redis is made primary by the planned switchover',
  reach: 'planned',
  loginGapMs: 1500,
  begin: async (site, target, strength) => {
    if (site.system !== 'holdfast') return OPERATION_FAULTS['sentinel-failover'].begin(site, target, strength)
    const where = await site.resolve('primary')
    return { where, ...inTheBackground(site, switchedOver(site)) }
  },
}

const killedSwitchover: Fault = {
  summary: 'kill -9 to a planned switchover half-way; it is run again',
  reach: 'everywhere',
  begin: async (site, target, strength) => {
    if (site.system !== 'holdfast') return OPERATION_FAULTS['sentinel-failover'].begin(site, target, strength)
    const where = await site.resolve('primary')
    const step = stepOf(SWITCHOVER_DIES_AT, strength)
    const first = operate('switchover', site.dataCentre.state.path, step).then((outcome) => {
      if (outcome.how !== 'killed') throw new Error(`The switchover did not come to ${step}.`)
      return `killed in step ${outcome.step}`
    })
    const { evidence, end } = inTheBackground(site, first)
    return {
      where,
      evidence,
      end: async () => {
        await end()
        site.timeline.note(`The next one: ${await runAgain(site)}`)
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
  summary: 'kill -9 to a rotation of all passwords half-way; it is run again',
  reach: 'everywhere',
  begin: async (site, _target, strength) => ({
    where: DATA_HOSTS.join(', '),
    ...inTheBackground(site, rotateToTheEnd(site, stepOf(ROTATION_DIES_AT, strength))),
  }),
}

/** What comes of a switchover after one that was killed: it is refused until the data centre is calm. */
async function runAgain(site: Site): Promise<string> {
  let said = ''
  await until('a switchover is done after one that was killed', async () => {
    said = await switchedOver(site).catch((error: Error) => `refused: ${error.message}`)
    return !said.startsWith('refused: ')
  }).catch(() => {})
  return said
}

/** Throws why it was not done. */
async function switchedOver(site: Site): Promise<string> {
  const outcome = await operate('switchover', site.dataCentre.state.path)
  if (outcome.how === 'done') return outcome.said
  throw new Error(outcome.how === 'refused' ? outcome.why : `It was killed in step ${outcome.step}.`)
}

/** An operation that goes on while the fault is on; its end is waited for. What it did is the evidence. */
function inTheBackground(site: Site, work: Promise<string>): Pick<Begun, 'evidence' | 'end'> {
  const done = work.catch((error: unknown) => {
    site.timeline.note(`It was not done: ${error instanceof Error ? error.message : String(error)}`)
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
