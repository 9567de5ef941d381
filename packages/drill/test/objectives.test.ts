import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { defaultObjectives } from '../src/objectives/default.ts'
import { parseObjectives } from '../src/objectives/read.ts'

const FAST = { downAfterMs: 1500 }
const parse = (text: string) => parseObjectives(text, 'slo.yaml', FAST)

it('an empty file means the defaults, and missing objectives keep their default', () => {
  expect(parse('')).toEqual(defaultObjectives(FAST))
  const own = parse('objectives: { longestLoginMs: 2000, verificationP99Ms: null }')
  expect(own.objectives).toEqual({
    ...defaultObjectives(FAST).objectives,
    longestLoginMs: 2000,
    verificationP99Ms: null,
  })
})

it('objectives of one fault are merged with its default ones', () => {
  const { faults } = parse(
    '{"faults": {"pause-gateway": {"longestLoginMs": 9000}, "kill-primary": {"newPrimaryMs": 1000}}}',
  )
  expect(faults['pause-gateway']).toEqual({
    verificationP99Ms: 10_000,
    verificationP999Ms: 10_000,
    longestLoginMs: 9000,
  })
  expect(faults['kill-primary']).toEqual({ newPrimaryMs: 1000 })
})

it('the default for logins grows with down-after-milliseconds', () => {
  expect(defaultObjectives({ downAfterMs: 10_000 }).objectives.longestLoginMs).toBe(18_500)
})

it('the file in the guide has the defaults of the fast timings', async () => {
  const guide = await readFile(new URL('../../../docs/drill.md', import.meta.url), 'utf8')
  const file = /```yaml\n(.*?)```/s.exec(guide)?.[1] ?? ''
  expect(file).toContain('objectives:')
  expect(parse(file)).toEqual(defaultObjectives(FAST))
})

describe('a file of objectives is rejected, with the place and the alternatives, for', () => {
  it.each([
    ['an unknown objective', 'objectives: { lostLogin: 0 }', '"lostLogin". Did you mean lostLogins?'],
    ['an unknown fault', 'faults: { kill-primry: {} }', '"kill-primry". Did you mean kill-primary?'],
    ['a negative number', 'objectives: { lostLogins: -1 }', '`objectives.lostLogins`'],
    ['a text', 'objectives: { lostLogins: none }', '`objectives.lostLogins`'],
    ['invalid YAML', 'objectives: [', 'is neither YAML nor JSON'],
    ['a list', '- 1', '`the file`'],
  ])('%s', (_, text, sentence) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'OBJECTIVES_INVALID' }))
    expect(() => parse(text)).toThrow(sentence)
  })
})
