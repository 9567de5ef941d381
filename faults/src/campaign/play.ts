import { Stage } from '../cases/case.ts'
import { findCase } from '../cases/cases.ts'
import { type Injected, inject } from '../faults/inject.ts'
import type { RunPlan, ScheduledFault } from '../schedule/plan.ts'
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

async function playSchedule(site: Site, schedule: readonly ScheduledFault[]): Promise<void> {
  const startMs = performance.now()
  const untilMs = (atMs: number) => pause(startMs + atMs - performance.now())
  await Promise.all(
    schedule.map(async ({ atMs, durationMs, fault, target, strength }) => {
      await untilMs(atMs)
      const injected: Injected = await inject(site, fault, target, strength)
      await pause(durationMs)
      await injected.end()
    }),
  )
}
