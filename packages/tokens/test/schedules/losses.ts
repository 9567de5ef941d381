import type { RedisGroupOptions } from '@holdfast/testing'
import { SimulatedUsers } from '@holdfast/testing/simulated-users'
import type { SafetyRule } from '../../src/safety-policy.ts'
import { Lab, pause } from './lab.ts'

/** `attempt` counts from 0. */
type Schedule = (lab: Lab, attempt: number, users: SimulatedUsers) => Promise<void>

export interface Case {
  /** The rule that prevents the loss when it is committed. */
  rule: SafetyRule
  /** Rules that would repair it afterwards, and those that would prevent it as well. */
  orElse: SafetyRule[]
  schedule: Schedule
  group?: RedisGroupOptions
}

/** They write again what a failover lost, for as long as the process lives that wrote or heard it. */
export const REPAIRS: SafetyRule[] = ['journal', 'heard-writes']

/** Fewer logins would prove nothing. */
export const MIN_LOGINS = 20

/** Lets users log in and out, runs the schedule, heals everything, and counts what is lost and what is undone. */
export async function run(
  { schedule, group = {} }: Pick<Case, 'schedule' | 'group'>,
  rulesOff: SafetyRule[],
  attempt = 0,
) {
  const lab = await Lab.start(group)
  try {
    const users = new SimulatedUsers([await lab.openStore({ rulesOff })], {
      logins: 4,
      loginPauseMs: 5,
      logoutEach: 4,
      verifiers: 0,
      timeoutMs: 30_000,
    })
    await pause(500)
    await schedule(lab, attempt, users)
    lab.network.heal()
    await lab.group.setSentinelPeriods(500, 250)
    await lab.group.untilHealthy()
    await pause(500)
    await users.stop()
    const { loggedIn, loggedOut, failures } = users
    const lost = loggedIn.size - (await lab.countLive(loggedIn))
    return { acknowledged: loggedIn.size, failures, lost, undone: await lab.countLive(loggedOut) }
  } finally {
    await lab.stop()
  }
}

/** What is lost without these rules. The window of some schedules is short: up to five tries to meet it. */
export async function losses({ rule, orElse, ...schedule }: Case): Promise<number> {
  for (let attempt = 0; attempt < 5; attempt++) {
    const { lost, undone } = await run(schedule, [rule, ...orElse], attempt)
    if (lost + undone > 0) return lost + undone
  }
  return 0
}
