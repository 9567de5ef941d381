import { expect, it } from 'vitest'
import { judge } from '../../src/campaign/judge.ts'
import type { KeptResult } from '../../src/campaign/results-file.ts'
import { findCase, planCase } from '../../src/cases/cases.ts'
import { renderReport } from '../../src/report/report.ts'
import type { FaultSpan } from '../../src/site/timeline.ts'
import type { SystemName } from '../../src/systems/system.ts'
import { HandWritten } from '../checker/history.ts'

const SPAN: FaultSpan = {
  fault: 'kill-redis',
  where: 'a',
  ofPrimary: true,
  fromMs: 100,
  toMs: 5100,
  touched: [],
  evidence: 'the kernel says that it has ended',
  confirmed: true,
}

function result(name: string, written: HandWritten, system: SystemName = 'holdfast'): KeptResult {
  const scripted = findCase(name)
  if (scripted === null) throw new Error(`There is no case ${name}.`)
  const plan = planCase(scripted, system)
  const events = written.sorted()
  const judged = judge({ plan, events, readings: [], spans: [SPAN], longestStallMs: 0, tookMs: 1 })
  return { ...judged, revision: '1234567' }
}

const lost = () => new HandWritten().issue('t', 0, 10).verify('t', 200, 201, 'inactive', 'unknown')

it('the report shows what was lost, beside what the controls lost', () => {
  const report = renderReport([result('kill-primary', lost()), result('kill-primary', lost(), 'plain-wait')])
  expect(report).toContain('**1 acknowledged logins lost, 0 acknowledged log-outs undone**')
  const row = report.split('\n').find((line) => line.startsWith('| **kill-primary**'))
  expect(row).toContain('1 / 0 / 0')
  expect(report).toContain('- kill-primary (violation, 1234567): Called inactive (unknown) 190 ms after')
})

it('the report says that a case proves nothing if no control loses', () => {
  const calm = new HandWritten().issue('t', 0, 10).verify('t', 200, 201, 'active')
  const report = renderReport([result('kill-replica', calm), result('kill-replica', calm, 'connect-redis')])
  const row = report.split('\n').find((line) => line.startsWith('| **kill-replica**'))
  expect(row).toMatch(/\*\*nothing\*\* \|$/)
})

it('the report shows how long logins waited for a switchover, beside the promised bound', () => {
  const kept = result('switchover', new HandWritten().issue('t', 0, 90).issue('u', 5000, 5200))
  const spans = kept.spans.map((span) => ({ ...span, fault: 'switchover' }))
  const loginGaps = kept.loginGaps.map((gap) => ({ ...gap, fault: 'switchover' }))
  const row = renderReport([{ ...kept, spans, loginGaps }])
    .split('\n')
    .find((line) => line.startsWith('| switchover'))
  expect(row).toMatch(/\| 1 \| 5110 \| 5110 \| 5110 \| 1500 \|$/)
})
