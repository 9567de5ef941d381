import fc from 'fast-check'
import { expect, it } from 'vitest'
import { checkHistory } from '../../src/checker/check.ts'
import type { CompletionEvent, HistoryEvent } from '../../src/history/events.ts'
import { Random } from '../../src/schedule/random.ts'
import { HandWritten, OPTIONS } from './history.ts'

/** The history of a correct system: one user logs in, rotates, updates, lists and ends all sessions, far enough apart for every rule to apply. */
function faultless(seed: number): HandWritten {
  const random = new Random(seed)
  const written = new HandWritten()
  const live = new Map<string, number>()
  let issued = 0
  let nowMs = 0
  for (let step = 0; step < 60; step++) {
    nowMs += random.between(1100, 2000)
    const [token = ''] = [...live.keys()].slice(random.between(0, Math.max(0, live.size - 1)))
    const draw = random.next()
    const changes = live.get(token) ?? 0
    if (draw < 0.3 || token === '') {
      const fresh = `t${issued++}`
      written.issue(fresh, nowMs, nowMs + 5)
      live.set(fresh, 0)
    } else if (draw < 0.45) {
      const fresh = `t${issued++}`
      const answer = { state: 'active', token: fresh } as const
      written.call({ operation: 'rotate', token, subject: 'ann' }, nowMs, nowMs + 5, 'ok', answer)
      live.delete(token)
      live.set(fresh, changes)
    } else if (draw < 0.65) {
      live.set(token, changes + 1)
      const answer = { state: 'active', changes: changes + 1 } as const
      written.call({ operation: 'update', token }, nowMs, nowMs + 5, 'ok', answer)
    } else if (draw < 0.7) {
      written.call({ operation: 'revoke-subject', subject: 'ann' }, nowMs, nowMs + 5, 'ok', {
        ended: [...live.keys()],
      })
      live.clear()
    } else if (draw < 0.85) {
      written.call({ operation: 'list', subject: 'ann' }, nowMs, nowMs + 5, 'ok', {
        listed: [...live.keys()],
      })
    } else written.call({ operation: 'verify', token }, nowMs, nowMs + 1, 'ok', { state: 'active', changes })
  }
  return written
}

const violations = (events: HistoryEvent[]) => checkHistory(events, [], OPTIONS).violations.length
const seeds = fc.integer({ min: 1, max: 1_000_000 })

/** Inserts one violation into a correct history. Null if the history has no place for it. */
function mutantsAreCaught(plant: (events: HistoryEvent[], which: number) => HistoryEvent[] | null): void {
  fc.assert(
    fc.property(seeds, fc.nat(), (seed, which) => {
      const mutant = plant(faultless(seed).sorted(), which)
      fc.pre(mutant !== null)
      expect(violations(mutant ?? [])).toBeGreaterThan(0)
    }),
  )
}

/** Replaces the answer of one matching event. */
function changeOne(
  events: HistoryEvent[],
  which: number,
  fits: (event: CompletionEvent) => boolean,
  change: (answer: NonNullable<CompletionEvent['answer']>) => CompletionEvent['answer'],
): HistoryEvent[] | null {
  const fitting = events.filter((event) => event.type === 'ok' && fits(event))
  const chosen = fitting[which % Math.max(1, fitting.length)]
  if (chosen === undefined) return null
  return events.map((event) => {
    if (event !== chosen || event.type === 'invoke') return event
    const answer = change(event.answer ?? {})
    return { ...event, ...(answer === undefined ? {} : { answer }) }
  })
}

it('the checker passes a correct history with lists, rotations and updates', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      expect(violations(faultless(seed).sorted())).toBe(0)
    }),
  )
})

it('the checker finds a session that is missing from a list', () => {
  mutantsAreCaught((events, which) =>
    changeOne(
      events,
      which,
      ({ answer }) => (answer?.listed?.length ?? 0) > 0,
      (answer) => ({ listed: (answer.listed ?? []).filter((_, at, all) => at !== which % all.length) }),
    ),
  )
})

it('the checker finds an ended session in a list', () => {
  mutantsAreCaught((events, which) => {
    const ended = events.flatMap((event) =>
      event.type === 'ok' && event.answer?.ended?.length
        ? [{ atMs: event.atMs, ids: event.answer.ended }]
        : [],
    )
    const [first] = ended
    if (first === undefined) return null
    return changeOne(
      events,
      which,
      ({ answer, atMs }) => answer?.listed !== undefined && atMs > first.atMs + 2000,
      (answer) => ({ listed: [...(answer.listed ?? []), ...first.ids.slice(0, 1)] }),
    )
  })
})

it('the checker finds an update that later answers do not count', () => {
  mutantsAreCaught((events, which) =>
    changeOne(
      events,
      which,
      ({ answer }) => (answer?.changes ?? 0) > 0 && answer?.token === undefined,
      (answer) => ({ ...answer, changes: -1 }),
    ),
  )
})

it('the checker finds an "end all my sessions" without effect if a session is listed afterwards', () => {
  mutantsAreCaught((events, which) => {
    const all = events.find((event) => event.type === 'ok' && (event.answer?.ended?.length ?? 0) > 0)
    if (all?.type !== 'ok') return null
    const ids = all.answer?.ended ?? []
    return changeOne(
      events,
      which,
      ({ answer, atMs }) => answer?.listed !== undefined && atMs > all.atMs + 2000,
      (answer) => ({ listed: [...(answer.listed ?? []), ...ids] }),
    )
  })
})
