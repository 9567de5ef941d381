import type { DrillFault, FaultAction, FaultTarget } from '@holdfast/drill/faults/plan'
import { targetsOf } from '@holdfast/drill/faults/targets'
import { type OptionSpec, oneOf, UsageError } from '../../command-line/command-spec.ts'

/** One flag for each kind of fault. Its value is the target, and it has no value if there is only one target. */
const FAULTS: readonly { key: string; flag: string; action: FaultAction; summary: string }[] = [
  { key: 'kill', flag: '--kill', action: 'kill', summary: 'Kill' },
  { key: 'pause', flag: '--pause', action: 'pause', summary: 'Hang' },
  { key: 'busy', flag: '--busy', action: 'busy', summary: 'Block with a slow script' },
  {
    key: 'dropConnections',
    flag: '--drop-connections',
    action: 'drop-connections',
    summary: 'Disconnect all clients',
  },
  { key: 'fillMemory', flag: '--fill-memory', action: 'fill-memory', summary: 'Leave no memory for logins' },
  { key: 'empty', flag: '--empty', action: 'empty', summary: 'Restart with an empty data set' },
  { key: 'loseHost', flag: '--lose-host', action: 'lose-host', summary: 'Lose the whole host' },
  {
    key: 'switchover',
    flag: '--switchover',
    action: 'switch-over',
    summary: 'No fault: a planned switchover',
  },
  {
    key: 'upgrade',
    flag: '--upgrade',
    action: 'upgrade',
    summary: 'No fault: restart every Redis and Sentinel',
  },
  { key: 'rotate', flag: '--rotate', action: 'rotate', summary: 'No fault, rotate' },
]

/** The flags of the faults, for the spec of the command. */
export const FAULT_OPTIONS: readonly OptionSpec[] = FAULTS.map(({ flag, action, summary }) => {
  const heading = 'Fault (default: --kill primary)'
  const targets = targetsOf(action)
  if (action === 'switch-over' || action === 'upgrade') return { flags: flag, summary, heading }
  return {
    flags: `${flag} <what>`,
    summary: `${summary}: ${targets.join(', ')}`,
    parse: oneOf(...targets),
    heading,
  }
})

/** The fault that the options select, or null. Throws `UsageError` if they select more than one. */
export function faultFromOptions(options: Readonly<Record<string, unknown>>): DrillFault | null {
  const selected = FAULTS.filter(({ key }) => options[key] !== undefined)
  if (selected.length > 1) {
    const flags = FAULTS.map(({ flag }) => flag)
    throw new UsageError(`A drill injects one fault: give one of ${flags.join(', ')}`)
  }
  const [fault] = selected
  if (fault === undefined) return null
  const value = options[fault.key]
  const target = typeof value === 'string' ? (value as FaultTarget) : targetsOf(fault.action)[0]
  return target === undefined ? null : { action: fault.action, target }
}
