import { APPLICATION_FAULTS } from './applications.ts'
import { CLOCK_FAULTS } from './clocks.ts'
import { COMMAND_FAULTS } from './commands.ts'
import type { Fault } from './fault.ts'
import { INTRUDER_FAULTS } from './intruders.ts'
import { MACHINE_FAULTS } from './machines.ts'
import { NETWORK_FAULTS } from './network.ts'
import { PLANNED_OPERATIONS } from './planned.ts'
import { POWER_FAULTS } from './power.ts'
import { PROCESS_FAULTS } from './processes.ts'
import { RESOURCE_FAULTS } from './resources.ts'
import { SENTINEL_FAULTS } from './sentinels.ts'

/** Every fault that a schedule can name. */
export const FAULTS = {
  ...PROCESS_FAULTS,
  ...NETWORK_FAULTS,
  ...APPLICATION_FAULTS,
  ...RESOURCE_FAULTS,
  ...CLOCK_FAULTS,
  ...COMMAND_FAULTS,
  ...SENTINEL_FAULTS,
  ...MACHINE_FAULTS,
  ...POWER_FAULTS,
  ...INTRUDER_FAULTS,
  ...PLANNED_OPERATIONS,
} as const satisfies Record<string, Fault>

export type FaultName = keyof typeof FAULTS
