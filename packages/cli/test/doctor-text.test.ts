import { stripVTControlCharacters } from 'node:util'
import type { Diagnosis } from '@holdfast/cluster'
import { expect, it } from 'vitest'
import { doctorText } from '../src/doctor-text.ts'

const finding: Diagnosis = {
  check: 'rotation-unfinished',
  severity: 'warning',
  title: 'A rotation of passwords has not ended',
  why: 'Both are valid.',
  subject: 'the group',
  evidence: 'It began.',
  mend: `holdfast rotate passwords --file ${'long/'.repeat(30)}dc.yaml --data-centre dc2\n${'To go back instead, '.repeat(8)}this:\nholdfast rotate passwords --undo`,
}

it('a command to copy stays on a line of its own, however long it is, and prose is broken', () => {
  const text = doctorText(
    { name: 'dc2', checks: ['rotation-unfinished'], findings: [finding], tookMs: 1 },
    null,
  )
  const lines = stripVTControlCharacters(text).split('\n')
  const [command = '', , undo = ''] = finding.mend.split('\n')
  expect(lines).toContain(`    mend  ${command}`)
  expect(lines).toContain(`          ${undo}`)
  expect(lines.filter((line) => line.includes('To go back instead')).length).toBeGreaterThan(1)
})
