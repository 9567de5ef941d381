import type { FaultAction, FaultTarget } from './plan.ts'

/** The possible targets of each kind of fault. In a file of its own, because the help of the command prints them, too. */
export const TARGETS: Readonly<Record<FaultAction, readonly FaultTarget[]>> = {
  kill: ['primary', 'replica', 'gateway', 'sentinel', 'proxy'],
  pause: ['primary', 'replica', 'gateway', 'sentinel'],
  'lose-host': ['primary', 'replica'],
  empty: ['replica'],
  busy: ['primary', 'replica'],
  'fill-memory': ['primary'],
  'drop-connections': ['redis', 'primary', 'replica'],
  'switch-over': ['primary'],
  upgrade: ['primary'],
  rotate: ['passwords', 'certificates', 'keyring'],
}

/** The possible targets of a fault; the first is the default. */
export const targetsOf = (action: FaultAction): readonly FaultTarget[] => TARGETS[action]
