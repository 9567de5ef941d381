import { describe, expect, it } from 'vitest'
import { FAULTS } from '../../src/faults/alphabet.ts'
import { planSeed } from '../../src/schedule/generate.ts'
import { promisesOf } from '../../src/schedule/promise.ts'
import type { ScheduledFault } from '../../src/schedule/scheduled-fault.ts'

const PLANS = Array.from({ length: 400 }, (_, index) => planSeed(index + 1))

describe('a seed', () => {
  it('gives the same plan again, and another seed another', () => {
    expect(planSeed(7)).toEqual(PLANS[6])
    expect(planSeed(8)).not.toEqual(PLANS[6])
  })

  it('gives the same faults and operations to the controls', () => {
    const { system, ...product } = planSeed(7)
    expect(planSeed(7, 'connect-redis')).toEqual({ ...product, system: 'connect-redis' })
    expect(system).toBe('holdfast')
  })

  it('never makes a schedule that is empty or too long', () => {
    for (const { schedule } of PLANS) {
      expect(schedule.length).toBeGreaterThan(0)
      for (const { atMs, durationMs } of schedule) expect(atMs + durationMs).toBeLessThanOrEqual(40_000)
    }
  })

  it('brings what its faults need', () => {
    for (const plan of PLANS) {
      const needs = plan.schedule.map(({ fault }) => (FAULTS[fault] as { needs?: string }).needs)
      expect(plan.shiftableClocks).toBe(needs.includes('clocks'))
      expect(plan.smallDisks).toBe(needs.includes('small-disks'))
    }
  })
})

it('hundreds of seeds draw every fault, alone and together', () => {
  const drawn = new Set(PLANS.flatMap(({ schedule }) => schedule.map(({ fault }) => fault)))
  expect([...drawn].sort()).toEqual(Object.keys(FAULTS).sort())
  expect(PLANS.filter(({ promises }) => promises.verifications).length).toBeGreaterThan(50)
  expect(PLANS.filter(({ promises }) => !promises.verifications).length).toBeGreaterThan(50)
})

describe('what a schedule must show', () => {
  const fault = (name: ScheduledFault['fault'], atMs: number, durationMs = 1000): ScheduledFault => ({
    fault: name,
    atMs,
    durationMs,
    target: { role: 'primary', app: 'app1' },
    strength: 0,
    afterWhole: false,
  })

  it('is every promise for faults of one host after the other', () => {
    const promises = promisesOf([fault('kill-redis', 0), fault('pause-host', 6000, 3000)])
    expect(promises).toMatchObject({ safety: true, verifications: true, logins: true })
  })

  it('is only safety for two faults at once, and for links', () => {
    const safetyAlone = { safety: true, verifications: false, logins: false }
    expect(promisesOf([fault('kill-redis', 0), fault('pause-app', 500)])).toMatchObject(safetyAlone)
    expect(promisesOf([fault('minority', 0)])).toMatchObject(safetyAlone)
  })

  it('is everything for a planned operation alone, and safety alone where it meets a fault', () => {
    expect(promisesOf([fault('switchover', 0)])).toMatchObject({ verifications: true, logins: true })
    expect(promisesOf([fault('rotate-passwords', 0)])).toMatchObject({ verifications: true, logins: true })
    expect(promisesOf([fault('switchover', 0), fault('kill-redis', 500)]).verifications).toBe(false)
    expect(promisesOf([fault('killed-switchover', 0)]).verifications).toBe(false)
  })

  it('leaves out logins where nothing fails over', () => {
    expect(promisesOf([fault('full-disk', 0)])).toMatchObject({
      safety: true,
      verifications: true,
      logins: false,
    })
  })

  it('leaves out logins where a Sentinel that hung is in TILT still', () => {
    const promises = promisesOf([fault('pause-sentinel', 0, 2200), fault('pause-host', 8000)])
    expect(promises).toMatchObject({ safety: true, verifications: true, logins: false })
    expect(promisesOf([fault('pause-sentinel', 0, 1500), fault('pause-host', 8000)]).logins).toBe(true)
  })

  it('is nothing when a node loses its data beside another fault, and says why', () => {
    const promises = promisesOf([fault('restart-empty', 0), fault('kill-redis', 500)])
    expect(promises).toMatchObject({ safety: false, verifications: false, logins: false })
    expect(promises.because).not.toBe('')
  })
})
