import { stripVTControlCharacters } from 'node:util'
import type { Diagnosis, DoctorReport } from '@holdfast/cluster'
import { expect, it } from 'vitest'
import { doctorText, exitCodeOf } from '../src/doctor-text.ts'

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

it('a check that could not look is not examined, and not among those that are well', () => {
  const notExamined = [{ check: 'eviction-policy', because: ['redis@red1: WRONGPASS.'] }]
  expect(textOf(REPORT)).toContain('✓ dc2  3 checks, all well')
  const text = textOf({ ...REPORT, notExamined })
  expect(text).toContain('! dc2  2 checks well, 1 not examined')
  expect(text).toContain('Not examined: redis@red1: WRONGPASS.')
  const found = textOf({ ...REPORT, notExamined, findings: [{ ...finding, check: 'eviction-policy' }] })
  expect(found).toContain('✓ dc2  2 other checks, all well')
  expect(found).toContain('Not examined: redis@red1: WRONGPASS.')
})

it('the exit code tells errors, what was not examined, warnings and nothing apart', () => {
  const notExamined = [{ check: 'eviction-policy', because: ['redis@red1: WRONGPASS.'] }]
  const error: Diagnosis = { ...finding, severity: 'error' }
  expect(exitCodeOf(REPORT)).toBe(0)
  expect(exitCodeOf({ ...REPORT, findings: [finding] })).toBe(4)
  expect(exitCodeOf({ ...REPORT, notExamined })).toBe(5)
  expect(exitCodeOf({ ...REPORT, notExamined, findings: [finding] })).toBe(5)
  expect(exitCodeOf({ ...REPORT, notExamined, findings: [finding, error] })).toBe(1)
})

it('a finding that would do harm to mend now is not offered to --fix, nor anything on a set of others', () => {
  const fix = { kind: 'rotation' } as const
  const findings: Diagnosis[] = [
    { ...finding, fix },
    { ...finding, fix, notNow: 'A failover is under way.' },
  ]
  expect(textOf({ ...REPORT, findings })).toContain('1 of 2 findings can be mended by  holdfast doctor --fix')
  const text = textOf({
    ...REPORT,
    findings,
    origin: { byHoldfast: false, because: 'redis@a was started so.' },
  })
  expect(text).not.toContain('can be mended by')
  expect(text).toContain(
    'Nothing here is mended by --fix: Holdfast has not set it up. redis@a was started so.',
  )
})

it('a command to copy stays on a line of its own, however long it is, and prose is broken', () => {
  const text = doctorText({ ...REPORT, findings: [finding] }, null)
  const lines = stripVTControlCharacters(text).split('\n')
  const [command = '', , undo = ''] = finding.mend.split('\n')
  expect(lines).toContain(`    mend  ${command}`)
  expect(lines).toContain(`          ${undo}`)
  expect(lines.filter((line) => line.includes('To go back instead')).length).toBeGreaterThan(1)
})
