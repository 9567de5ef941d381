import { expect, it } from 'vitest'
import { judge } from '../../src/campaign/judge.ts'
import { findCase, planCase } from '../../src/cases/cases.ts'
import type { FaultSpan } from '../../src/testbed/timeline.ts'
import { HandWritten } from '../checker/history.ts'

const fault = (name: string, fromMs: number, toMs: number, affected: string[] = []): FaultSpan => ({
  fault: name,
  where: 'a',
  ofPrimary: false,
  fromMs,
  toMs,
  affected,
  evidence: 'it was observed',
  confirmed: true,
})

/** Verifications without an answer, of a run in which one began at this time and has no end. */
function failed(atMs: number, spans: FaultSpan[]): number {
  const scripted = findCase('kill-primary')
  if (scripted === null) throw new Error('There is no such case.')
  const events = new HandWritten().unfinished({ operation: 'verify', token: 't' }, atMs).sorted()
  const evidence = { plan: planCase(scripted), events, readings: [], spans, longestStallMs: 0, tookMs: 1 }
  return judge(evidence).failedVerifications
}

it('a call that never ends on a server that no fault affects has failed', () => {
  expect(failed(290, [fault('kill-redis', 100, 200)])).toBe(1)
  expect(failed(290, [fault('kill-redis', 100, 200), fault('kill-app', 300, 900, ['w2'])])).toBe(1)
})

it('a call that began shortly before its server was killed has not failed', () => {
  expect(failed(290, [fault('kill-redis', 100, 200), fault('kill-app', 300, 900, ['w1'])])).toBe(0)
})
