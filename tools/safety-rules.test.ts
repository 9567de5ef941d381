import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const PACKAGE = join(import.meta.dirname, '../packages/tokens')
const TESTS = join(PACKAGE, 'test')

const read = (file: string) => readFileSync(join(PACKAGE, file), 'utf8')

/** The names of all safety rules. */
const rules = [...read('src/safety-policy.ts').matchAll(/^ {2}readonly '?([a-z-]+)'?: boolean$/gm)].map(
  ([, name = '']) => name,
)

/** The second column of the table of rules in the README: the tests that take out a rule. */
const rows = new Map(
  [...read('README.md').matchAll(/^\| `([a-z-]+)` \| ([^|]+) \|/gm)].map(([, rule = '', tests = '']) => [
    rule,
    [...tests.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
  ]),
)

/** `store/read.test.ts`, or the name of a file in `schedules`. */
const fileOf = (name: string) => join(TESTS, name.endsWith('.ts') ? name : `schedules/${name}.test.ts`)

it('every safety rule is taken out in a test that the README of the package names', () => {
  expect(rules.length).toBeGreaterThan(15)
  const untested = rules.filter((rule) =>
    (rows.get(rule) ?? []).every((name) => !existsSync(fileOf(name)) || !takesOut(fileOf(name), rule)),
  )
  expect(untested).toEqual([])
})

it('a test that takes out a rule uses real processes', () => {
  const files = globSync('**/*.test.ts', { cwd: TESTS }).map((file) => join(TESTS, file))
  const taking = files.filter(
    (file) => rules.some((rule) => takesOut(file, rule)) && /rulesOff|withoutRules|\brule:/.test(text(file)),
  )
  expect(taking.length).toBeGreaterThan(10)
  for (const file of taking) expect(text(file), file).toMatch(/groupOfThisFile|lab\.ts|losses\.ts/)
})

const text = (file: string) => readFileSync(file, 'utf8')

const takesOut = (file: string, rule: string) => text(file).includes(`'${rule}'`)
