import { CaseContext } from '../cases/case.ts'
import { findCase } from '../cases/cases.ts'
import { type InjectedFault, inject } from '../faults/inject.ts'
import type { RunPlan } from '../schedule/plan.ts'
import type { ScheduledFault } from '../schedule/scheduled-fault.ts'
import type { Testbed } from '../testbed/testbed.ts'

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)))

/** Injects the faults of a plan, and ends all of them. */
export async function runFaults(testbed: Testbed, plan: RunPlan): Promise<void> {
  if (plan.scripted === null) return runSchedule(testbed, plan.schedule)
  const scripted = findCase(plan.scripted)
  if (scripted === null) throw new Error(`There is no case "${plan.scripted}".`)
  const context = new CaseContext(testbed)
  try {
    await scripted.run(context)
  } finally {
    await context.endFaults()
  }
}

/**
 * Runs each fault at its time. A fault with `afterRecovery` waits until the data centre is healthy, and that wait
 * delays it and all later faults.
 */
async function runSchedule(testbed: Testbed, schedule: readonly ScheduledFault[]): Promise<void> {
  let startMs = performance.now()
  const running: Promise<void>[] = []
  for (const scheduled of [...schedule].sort((one, other) => one.atMs - other.atMs)) {
    if (scheduled.afterRecovery) {
      await Promise.all(running)
      const waitedFromMs = performance.now()
      await testbed.dataCentre.recoverQuickly()
      startMs += performance.now() - waitedFromMs
    }
    await pause(startMs + scheduled.atMs - performance.now())
    const finished = runFault(testbed, scheduled)
    // The promise is awaited below. A fault that fails before that must not end the process.
    finished.catch(() => {})
    running.push(finished)
  }
  await Promise.all(running)
}

async function runFault(
  testbed: Testbed,
  { fault, target, strength, durationMs }: ScheduledFault,
): Promise<void> {
  const injected: InjectedFault = await inject(testbed, fault, target, strength)
  await pause(durationMs)
  await injected.end()
}
