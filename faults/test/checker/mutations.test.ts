import fc from 'fast-check'
import { expect, it } from 'vitest'
import { checkHistory } from '../../src/checker/check.ts'
import type { CompletionEvent, HistoryEvent } from '../../src/history/events.ts'
import { Random } from '../../src/schedule/random.ts'
import { HandWritten, OPTIONS } from './history.ts'

/** The history of a correct system under random logins, logouts and verifications, far enough apart for every rule to apply. */
function faultless(seed: number): HandWritten {
  const random = new Random(seed)
  const written = new HandWritten()
  const revoked = new Map<string, boolean>()
  let nowMs = 0
  for (let step = 0; step < 60; step++) {
    nowMs += random.between(1100, 2000)
    const token = `t${random.between(0, revoked.size)}`
    if (!revoked.has(token)) {
      written.issue(token, nowMs, nowMs + 5)
      revoked.set(token, false)
    } else if (random.chance(0.25)) {
      written.revoke(token, nowMs, nowMs + 5)
      revoked.set(token, true)
    } else if (revoked.get(token)) written.verify(token, nowMs, nowMs + 1, 'inactive', 'revoked')
    else written.verify(token, nowMs, nowMs + 1, 'active')
  }
  return written
}

const isAnswer = (event: HistoryEvent): event is CompletionEvent =>
  event.type === 'ok' && event.answer?.state !== undefined

function violations(events: HistoryEvent[]): number {
  return checkHistory(events, [], OPTIONS).violations.length
}

const seeds = fc.integer({ min: 1, max: 1_000_000 })

it('the checker passes a correct history', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      expect(violations(faultless(seed).sorted())).toBe(0)
    }),
  )
})

it('the checker finds the inversion of any single answer', () => {
  fc.assert(
    fc.property(seeds, fc.nat(), (seed, which) => {
      const events = faultless(seed).sorted()
      const answers = events.filter(isAnswer)
      const changed = answers[which % answers.length]
      fc.pre(changed !== undefined)
      const state = changed?.answer?.state === 'active' ? 'inactive' : 'active'
      const mutant = events.map((event) =>
        event === changed ? { ...event, answer: { state } as const } : event,
      )
      expect(violations(mutant)).toBeGreaterThan(0)
    }),
  )
})

it('the checker finds a missing issue if any server answered active for its token', () => {
  fc.assert(
    fc.property(seeds, fc.nat(), (seed, which) => {
      const events = faultless(seed).sorted()
      const active = events.filter((event) => isAnswer(event) && event.answer?.state === 'active')
      const shown = active[which % Math.max(1, active.length)]
      fc.pre(shown !== undefined)
      const asked = events.find((event) => event.type === 'invoke' && event.call === shown?.call)
      const token = asked?.type === 'invoke' ? asked.token : undefined
      const issued = events.find((event) => event.type === 'ok' && event.answer?.token === token)
      const mutant = events.filter((event) => event.call !== issued?.call)
      expect(violations(mutant)).toBeGreaterThan(0)
    }),
  )
})

it('the checker finds a missing revocation if a server refused its token afterwards', () => {
  fc.assert(
    fc.property(seeds, fc.nat(), (seed, which) => {
      const events = faultless(seed).sorted()
      const refused = events.filter((event) => isAnswer(event) && event.answer?.state === 'inactive')
      const shown = refused[which % Math.max(1, refused.length)]
      fc.pre(shown !== undefined)
      const asked = events.find((event) => event.type === 'invoke' && event.call === shown?.call)
      const token = asked?.type === 'invoke' ? asked.token : undefined
      const revocations = events.flatMap((event) =>
        event.type === 'invoke' && event.operation === 'revoke' && event.token === token ? [event.call] : [],
      )
      const mutant = events.map((event) =>
        event.type === 'ok' && revocations.includes(event.call) ? { ...event, type: 'fail' as const } : event,
      )
      expect(violations(mutant)).toBeGreaterThan(0)
    }),
  )
})
