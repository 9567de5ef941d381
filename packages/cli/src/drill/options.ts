import type { DrillFault, FaultAction, FaultTarget } from '@holdfast/cluster'
import { targetsOf } from '@holdfast/cluster/words'
import { type OptionSpec, oneOf, UsageError } from '../command.ts'

/** One option for each kind of fault; its value is what the fault is done to. Without one it has but one target. */
const FAULT_OPTIONS: readonly { key: string; flag: string; action: FaultAction; summary: string }[] = [
  { key: 'kill', flag: '--kill', action: 'kill', summary: 'kill -9 (default: of the primary)' },
  { key: 'pause', flag: '--pause', action: 'pause', summary: 'hang it for a while (SIGSTOP)' },
  { key: 'busy', flag: '--busy', action: 'busy', summary: 'keep a Redis busy with one script' },
  {
    key: 'dropConnections',
    flag: '--drop-connections',
    action: 'drop-connections',
    summary: 'throw out all clients, again and again',
  },
  {
    key: 'fillMemory',
    flag: '--fill-memory',
    action: 'fill-memory',
    summary: 'leave it no memory for new logins',
  },
  {
    key: 'empty',
    flag: '--empty',
    action: 'empty',
    summary: 'have a host come back with an empty data set',
  },
  {
    key: 'loseHost',
    flag: '--lose-host',
    action: 'lose-host',
    summary: 'lose it with its whole host; back by --for, else when users have stopped',
  },
  {
    key: 'switchover',
    flag: '--switchover',
    action: 'switch-over',
    summary: 'no fault: a planned switchover',
  },
  {
    key: 'upgrade',
    flag: '--upgrade',
    action: 'upgrade',
    summary: 'no fault: every Redis and Sentinel is restarted, one by one',
  },
  { key: 'rotate', flag: '--rotate', action: 'rotate', summary: 'no fault: new secrets' },
]

export const FAULT_SPECS: readonly OptionSpec[] = FAULT_OPTIONS.map(({ flag, action, summary }) => {
  const targets = targetsOf(action)
  if (action === 'switch-over' || action === 'upgrade') return { flags: flag, summary }
  return { flags: `${flag} <what>`, summary: `${summary}: ${targets.join(', ')}`, parse: oneOf(...targets) }
})

/** The fault that the options name, or null. Throws `UsageError` for more than one. */
export function faultOf(options: Readonly<Record<string, unknown>>): DrillFault | null {
  const asked = FAULT_OPTIONS.filter(({ key }) => options[key] !== undefined)
  if (asked.length > 1) {
    const flags = FAULT_OPTIONS.map(({ flag }) => flag)
    throw new UsageError(`A drill does one thing: give one of ${flags.join(', ')}`)
  }
  const [one] = asked
  if (one === undefined) return null
  const value = options[one.key]
  const target = typeof value === 'string' ? (value as FaultTarget) : targetsOf(one.action)[0]
  return target === undefined ? null : { action: one.action, target }
}
