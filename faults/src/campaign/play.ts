import { Stage } from '../cases/case.ts'
import { findCase } from '../cases/cases.ts'
import { type Injected, inject } from '../faults/inject.ts'
import type { RunPlan } from '../schedule/plan.ts'
import type { ScheduledFault } from '../schedule/scheduled-fault.ts'
import type { Site } from '../site/site.ts'

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)))

/** Injects the faults of a plan, and ends all of them. */
export async function playFaults(site: Site, plan: RunPlan): Promise<void> {
  if (plan.scripted === null) return playSchedule(site, plan.schedule)
  const scripted = findCase(plan.scripted)
  if (scripted === null) throw new Error(`There is no case "${plan.scripted}".`)
  const stage = new Stage(site)
  try {
    await scripted.play(stage)
  } finally {
    await stage.heal()
  }
}

/**
 * Runs each fault at its time. A fault with `afterWhole` waits until the data centre is healthy, and that wait
 * delays it and all later faults.
 */
async function playSchedule(site: Site, schedule: readonly ScheduledFault[]): Promise<void> {
  let startMs = performance.now()
  const playing: Promise<void>[] = []
  for (const scheduled of [...schedule].sort((one, other) => one.atMs - other.atMs)) {
    if (scheduled.afterWhole) {
      await Promise.all(playing)
      const waitedFromMs = performance.now()
      await site.dataCentre.makeWhole()
      startMs += performance.now() - waitedFromMs
    }
    await pause(startMs + scheduled.atMs - performance.now())
    const played = playFault(site, scheduled)
    // The promise is awaited below. A fault that fails before that must not end the process.
    played.catch(() => {})
    playing.push(played)
  }
  await Promise.all(playing)
}

async function playFault(site: Site, { fault, target, strength, durationMs }: ScheduledFault): Promise<void> {
  const injected: Injected = await inject(site, fault, target, strength)
  await pause(durationMs)
  await injected.end()
}
