import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { commandRuleProblem, mayMatchPrefix, refusedCommands } from '../../src/file/acl-rights.ts'
import { NAMES_OF_OTHERS, PROXY_USER } from '../../src/file/proxy-settings.ts'
import { commandNames } from '../../src/file/redis-commands.ts'
import { REFERENCE_ENGINE } from '../../src/file/site.ts'

describe('A pattern of keys', () => {
  it.each([
    '*',
    'h*',
    'hf*',
    'hf:*',
    '?f:x',
    'h?*',
    '*x',
    '**:*',
    '[a-z]*',
    '[^x]f:',
    '[h-]f:*',
    '[h',
    '\\h\\f:*',
    '[h\\]x]f:*',
  ])('that matches a key of Holdfast is found: %s', (pattern) => {
    expect(mayMatchPrefix(pattern, 'hf:')).toBe(true)
  })

  it.each([...NAMES_OF_OTHERS, 'sess:*', 'h', 'hf', '?', '[0-9]*', '[a-g]f:*', '\\*', 'H*', 'h[a-e]*', ''])(
    'that matches no key of Holdfast is accepted: %s',
    (pattern) => {
      expect(mayMatchPrefix(pattern, 'hf:')).toBe(false)
    },
  )
})

describe('Rules about commands', () => {
  it('the default rules allow no command of administrators', () => {
    expect(refusedCommands(PROXY_USER.commands)).toEqual([])
  })

  it.each<[string[], string]>([
    [['+@all'], 'config'],
    [['+@all', '-@admin'], 'flushall'],
    [['+@all', '-@dangerous', '+@connection'], 'client|kill'],
    [['+@all', '-@dangerous', '+config|get'], 'config'],
    [['+@fast'], 'swapdb'],
    [['+@all', '-@dangerous', '+client'], 'client|kill'],
    [['-@dangerous', '+@all'], 'config'],
    [['+config', '-config|set'], 'config'],
  ])('%j allow %s', (rules, command) => {
    expect(refusedCommands(rules)).toContain(command)
  })

  it.each([
    [['+@all', '-@dangerous']],
    [['+@read', '+@write', '-@dangerous']],
    [['+@all', '-@all', '+get']],
    [['+role', '+info']],
  ])('%j allow no command of administrators', (rules) => {
    expect(refusedCommands(rules)).toEqual([])
  })

  it('are read as Redis reads them, and a text that Redis would not start with is refused', () => {
    for (const rule of ['+get', '-@dangerous', '+client|setname', '+select|0', '+json.get'])
      expect(commandRuleProblem(rule, REFERENCE_ENGINE)).toBeNull()
    for (const rule of [
      'get',
      '+GET',
      '+@everything',
      '+a b',
      '~x',
      'allcommands',
      '+',
      '-nosuch',
      '+config|nosuch',
    ])
      expect(commandRuleProblem(rule, REFERENCE_ENGINE)).not.toBeNull()
  })

  it.each([
    ['+hgetal', 'Redis 7.0 has no command "HGETAL". Did you mean "hgetall"?'],
    ['+client|setnmae', 'Redis 7.0 has no command "CLIENT SETNMAE". Did you mean "client|setname"?'],
    ['-@dangerus', 'Redis 7.0 has no category "@dangerus". Did you mean "@dangerous"?'],
  ])('with a mistyped name get the name that was meant: %s', (rule, problem) => {
    expect(commandRuleProblem(rule, REFERENCE_ENGINE)).toBe(problem)
  })

  it('may name a command that only a later engine has', () => {
    expect(commandRuleProblem('+hexpire', { name: 'redis', version: '7.4' })).toBeNull()
    expect(commandRuleProblem('+hexpire', { name: 'valkey', version: '8.0' })).not.toBeNull()
    expect(commandRuleProblem('+hexpire', REFERENCE_ENGINE)).toMatch(/^Redis 7\.0 has no command "HEXPIRE"/)
  })

  it('may name each command of the engine, and no other', () => {
    expect(commandNames(REFERENCE_ENGINE).sort()).toEqual(namesOf(COMMANDS_7_0).sort())
  })
})

/** The answer of Redis 7.0.15 to `COMMAND`: each element begins with a name and ends with sub-commands. */
type Answer = readonly [name: string, ...unknown[]]
const COMMANDS_7_0: Answer[] = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../proxy/test/commands/redis-7.0.15.json'), 'utf8'),
)

const namesOf = (answers: readonly Answer[]): string[] =>
  answers.flatMap((answer) => [answer[0], ...namesOf((answer[9] ?? []) as Answer[])])
