import { Stage } from '../cases/case.ts'
import { findCase } from '../cases/cases.ts'
import { type Injected, inject } from '../faults/inject.ts'
import type { RunPlan } from '../schedule/plan.ts'
import type { ScheduledFault } from '../schedule/scheduled-fault.ts'
import type { Site } from '../site/site.ts'

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)))

/** Brings about the faults of a plan, and heals them all. */
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

/** Each fault at its time; one that is to find the data centre whole, and all after it, later by what that took. */
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
    // Awaited below; one that fails meanwhile must not end the process.
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
