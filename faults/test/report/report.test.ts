import { expect, it } from 'vitest'
import { judge, judgeKeys } from '../../src/campaign/judge.ts'
import type { StoredResult } from '../../src/campaign/results-file.ts'
import { findCase, planCase } from '../../src/cases/cases.ts'
import { renderProxyReport } from '../../src/report/proxy-report.ts'
import { renderReport } from '../../src/report/report.ts'
import type { SystemName } from '../../src/systems/system.ts'
import type { FaultSpan } from '../../src/testbed/timeline.ts'
import { HandWritten } from '../checker/history.ts'

const SPAN: FaultSpan = {
  fault: 'kill-redis',
  where: 'a',
  ofPrimary: true,
  fromMs: 100,
  toMs: 5100,
  affected: [],
  evidence: 'the kernel reports the processes as ended',
  confirmed: true,
}

function result(name: string, written: HandWritten, system: SystemName = 'holdfast'): StoredResult {
  const scripted = findCase(name)
  if (scripted === null) throw new Error(`There is no case ${name}.`)
  const plan = planCase(scripted, system)
  const events = written.sorted()
  const judged = judge({ plan, events, readings: [], spans: [SPAN], longestStallMs: 0, tookMs: 1 })
  return { ...judged, revision: '1234567' }
}

const lost = () => new HandWritten().issue('t', 0, 10).verify('t', 200, 201, 'inactive', 'unknown')

it('the report shows the losses of the product and of the controls in one row', () => {
  const report = renderReport([result('kill-primary', lost()), result('kill-primary', lost(), 'plain-wait')])
  expect(report).toContain('**1 acknowledged logins lost, 0 acknowledged logouts undone**')
  const row = report.split('\n').find((line) => line.startsWith('| **kill-primary**'))
  expect(row).toContain('1 / 0 / 0')
  expect(report).toContain(
    '- kill-primary (violation, 1234567): A server answered inactive (unknown) 190 ms after',
  )
})

it('the report marks a case that turns no control red as proving nothing', () => {
  const calm = new HandWritten().issue('t', 0, 10).verify('t', 200, 201, 'active')
  const report = renderReport([result('kill-replica', calm), result('kill-replica', calm, 'connect-redis')])
  const row = report.split('\n').find((line) => line.startsWith('| **kill-replica**'))
  expect(row).toMatch(/\*\*nothing\*\* \|$/)
})

it('the report shows the login gap of a switchover with its promised maximum', () => {
  const kept = result('switchover', new HandWritten().issue('t', 0, 90).issue('u', 5000, 5200))
  const spans = kept.spans.map((span) => ({ ...span, fault: 'switchover' }))
  const loginGaps = kept.loginGaps.map((gap) => ({ ...gap, fault: 'switchover' }))
  const row = renderReport([{ ...kept, spans, loginGaps }])
    .split('\n')
    .find((line) => line.startsWith('| switchover'))
  expect(row).toMatch(/\| 1 \| 5110 \| 5110 \| 5110 \| 1500 \|$/)
})

function keyResult(name: string, system: SystemName, found: Partial<StoredResult> = {}): StoredResult {
  const scripted = findCase(name)
  if (scripted === null) throw new Error(`There is no case ${name}.`)
  const plan = planCase(scripted, system)
  const judged = judgeKeys({ plan, events: [], readings: [], spans: [SPAN], longestStallMs: 0, tookMs: 1 })
  const keys = { writes: 1200, reads: 900, uncertain: 3, duringResend: 0 }
  return { ...judged, keys, vacuous: [], revision: '1234567', ...found }
}

it('the report of the proxy counts its own runs, and names the controls that turned red', () => {
  const violation = { rule: 'P2-done-twice', token: 'plain:counter', message: 'It was done twice.' }
  const report = renderProxyReport([
    keyResult('late-bytes', 'proxy'),
    keyResult('C-application-dies', 'proxy', { violations: [violation], lost: 9 }),
    keyResult('late-bytes', 'proxy-without-guard', { violations: [violation], undone: 7 }),
    result('kill-primary', lost()),
  ])
  expect(report).toContain('- 1,200 acknowledged writes, 900 answered reads')
  expect(report).toContain('**0 signs of lost writes, 0 of writes done twice**, 3 writes called uncertain')
  const row = report.split('\n').find((line) => line.startsWith('| **late-bytes**'))
  expect(row).toMatch(/\| 1 \| 1,200 \| 900 \| 0 \| 0 \| 0 \| 3 \| 0 \| 0 \| proxy-without-guard \|$/)
  expect(report).not.toContain('kill-primary')
  expect(report.trimEnd().endsWith('None.')).toBe(true)
})

it('the report of the login systems leaves out runs of plain clients', () => {
  const report = renderReport([result('kill-primary', lost()), keyResult('late-bytes', 'proxy')])
  expect(report).toContain('- 1 runs of the product')
  expect(report).not.toContain('@ proxy')
})
