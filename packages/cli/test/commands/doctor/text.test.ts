import { stripVTControlCharacters } from 'node:util'
import type { DoctorReport } from '@holdfast/operations/doctor/examine'
import type { Diagnosis } from '@holdfast/operations/doctor/finding'
import { expect, it } from 'vitest'
import { doctorText, exitCodeOf } from '../../../src/commands/doctor/text.ts'

const finding: Diagnosis = {
  check: 'rotation-unfinished',
  severity: 'warning',
  title: 'A rotation of passwords has not ended',
  why: 'Both are valid.',
  subject: 'the group',
  evidence: 'It began.',
  mend: `holdfast rotate passwords --file ${'long/'.repeat(30)}dc.yaml --data-centre dc2\n${'To go back instead, '.repeat(8)}this:\nholdfast rotate passwords --undo`,
}

const REPORT: DoctorReport = {
  name: 'dc2',
  checks: ['node-down', 'eviction-policy', 'rotation-unfinished'],
  findings: [],
  notExamined: [],
  origin: { byHoldfast: true, because: 'It is known.' },
  tookMs: 1,
}

const textOf = (report: DoctorReport) => stripVTControlCharacters(doctorText(report, 'holdfast doctor --fix'))

it('`holdfast doctor` counts a check that could not look as not examined, not as passed', () => {
  const notExamined = [{ check: 'eviction-policy', because: ['redis@red1: WRONGPASS.'] }]
  expect(textOf(REPORT)).toContain('✓ dc2  3 checks passed')
  const text = textOf({ ...REPORT, notExamined })
  expect(text).toContain('! dc2  2 checks passed, 1 not examined')
  expect(text).toContain('Not examined: redis@red1: WRONGPASS.')
  const found = textOf({ ...REPORT, notExamined, findings: [{ ...finding, check: 'eviction-policy' }] })
  expect(found).toContain('✓ dc2  2 other checks passed')
  expect(found).toContain('Not examined: redis@red1: WRONGPASS.')
})

it('`holdfast doctor` has one exit code each for errors, checks that were not examined, and warnings', () => {
  const notExamined = [{ check: 'eviction-policy', because: ['redis@red1: WRONGPASS.'] }]
  const error: Diagnosis = { ...finding, severity: 'error' }
  expect(exitCodeOf(REPORT)).toBe(0)
  expect(exitCodeOf({ ...REPORT, findings: [finding] })).toBe(4)
  expect(exitCodeOf({ ...REPORT, notExamined })).toBe(5)
  expect(exitCodeOf({ ...REPORT, notExamined, findings: [finding] })).toBe(5)
  expect(exitCodeOf({ ...REPORT, notExamined, findings: [finding, error] })).toBe(1)
})

it('`holdfast doctor` does not offer --fix for a finding that is unsafe to fix now, nor for processes of others', () => {
  const fix = { kind: 'rotation' } as const
  const findings: Diagnosis[] = [
    { ...finding, fix },
    { ...finding, fix, notNow: 'A failover is under way.' },
  ]
  expect(textOf({ ...REPORT, findings })).toContain('To fix 1 of 2 findings:  holdfast doctor --fix')
  const text = textOf({
    ...REPORT,
    findings,
    origin: { byHoldfast: false, because: 'redis@a was started so.' },
  })
  expect(text).not.toContain('To fix')
  expect(text).toContain(
    '--fix changes nothing here: Holdfast did not set up these processes. redis@a was started so.',
  )
})

it('`holdfast doctor` keeps a command to copy on one line and wraps prose', () => {
  const text = doctorText({ ...REPORT, findings: [finding] }, null)
  const lines = stripVTControlCharacters(text).split('\n')
  const [command = '', , undo = ''] = finding.mend.split('\n')
  expect(lines).toContain(`    fix   ${command}`)
  expect(lines).toContain(`          ${undo}`)
  expect(lines.filter((line) => line.includes('To go back instead')).length).toBeGreaterThan(1)
})
