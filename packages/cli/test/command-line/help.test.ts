import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { EXIT_MEANINGS } from '../../src/command-line/exit-codes.ts'
import { commandHelp, groupHelp, rootHelp } from '../../src/command-line/help.ts'
import { COMMANDS, GROUPS, SECTIONS } from '../../src/commands/commands.ts'

const SUMMARY_WORDS = 9
const LINES = 40
const COLUMNS = 80

const root = stripVTControlCharacters(rootHelp(SECTIONS, GROUPS))
const helps: [name: string, text: string][] = [
  ['holdfast', root],
  ...Object.entries(GROUPS).map(([group, summary]): [string, string] => {
    const commands = COMMANDS.filter(({ name }) => name.startsWith(`${group} `))
    return [group, groupHelp(group, summary, commands)]
  }),
  ...COMMANDS.map((spec): [string, string] => [spec.name, commandHelp(spec)]),
]

/** The commands that a user can interrupt: they undo or finish a step first, or ask a question. */
const INTERRUPTIBLE = [
  'backup',
  'ca create',
  'doctor',
  'drill',
  'init',
  'restore',
  'rotate certificates',
  'rotate keyring',
  'rotate passwords',
  'sessions revoke',
  'switchover',
  'up',
  'upgrade',
  'users add',
  'users passwd',
]

describe('the help of every command', () => {
  it('lists the exit code of an interruption for each command that can be interrupted, and for no other', () => {
    const listing = COMMANDS.filter((spec) => /\b130\sinterrupted/.test(commandHelp(spec)))
    expect(listing.map(({ name }) => name).toSorted()).toEqual(INTERRUPTIBLE)
    const folders = join(import.meta.dirname, '../../src/commands')
    const sources = globSync('*/*.ts', { cwd: folders }).filter((file) =>
      /(?:abortOnSignals|confirm|askPassword|askSecret|startQuestions)\(/.test(
        readFileSync(join(folders, file), 'utf8'),
      ),
    )
    // `status --watch` ends with 0: the user leaves the screen.
    const words = new Set(sources.map((file) => dirname(file)).filter((word) => word !== 'status'))
    expect([...words].toSorted()).toEqual([...new Set(INTERRUPTIBLE.map((name) => name.split(' ')[0]))])
  })

  it('lists the exit code of a data centre that does not run for each command that needs one', () => {
    const needing = COMMANDS.filter(
      ({ name, options }) =>
        options.some(({ flags }) => flags === '--client-cert <name>') || ['down', 'drill'].includes(name),
    )
    const missing = needing.filter((spec) => !/\b3\snot\srunning/.test(commandHelp(spec)))
    expect(missing.map(({ name }) => name)).toEqual([])
  })

  it.each(helps)('of `%s` fits on one screen of 80 columns and 40 lines', (_, text) => {
    const lines = stripVTControlCharacters(text).trimEnd().split('\n')
    expect(lines.length).toBeLessThanOrEqual(LINES)
    expect(lines.filter((line) => line.length > COLUMNS)).toEqual([])
  })

  it('has summaries of a few words that start with a capital letter and have no full stop', () => {
    const summaries = [...COMMANDS.map(({ summary }) => summary), ...Object.values(GROUPS)]
    for (const summary of summaries) {
      expect(summary).toMatch(/^[A-Z].*[^.]$/)
      expect(summary.split(' ').length, summary).toBeLessThanOrEqual(SUMMARY_WORDS)
    }
  })

  it('explains each exit code in the words of one table', () => {
    for (const [code, meaning] of Object.entries(EXIT_MEANINGS)) {
      expect(root).toMatch(new RegExp(`\\b${code} ${meaning}\\b`))
    }
    const doctor = COMMANDS.find(({ name }) => name === 'doctor')
    expect(doctor && commandHelp(doctor)).toMatch(/4 warnings only, 5 not fully examined/)
  })
})

it('a flag has the same value in every command that has it, except those with a meaning of their own', () => {
  // `--to` names a host or a file, `--host` a data host or any host, `--only` processes or faults, `--explain` a rule or none.
  const own = ['--to', '--host', '--only', '--explain']
  const values = new Map<string, Set<string>>()
  for (const { flags } of COMMANDS.flatMap(({ options }) => options)) {
    const [flag = '', value = ''] = flags.split(' ')
    values.set(flag, (values.get(flag) ?? new Set()).add(value))
  }
  const ambiguous = [...values].filter(([flag, names]) => names.size > 1 && !own.includes(flag))
  expect(ambiguous).toEqual([])
})

it('`--file` names a description of data centres in every command that has it', () => {
  const summaries = COMMANDS.flatMap(({ options }) => options)
    .filter(({ flags }) => flags.startsWith('--file '))
    .map(({ summary }) => summary)
  expect(summaries.length).toBeGreaterThan(5)
  for (const summary of summaries) expect(summary).toContain('this holdfast.yaml')
})
