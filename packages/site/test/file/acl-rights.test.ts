import { describe, expect, it } from 'vitest'
import { commandRuleProblem, mayMatchPrefix, refusedCommands } from '../../src/file/acl-rights.ts'
import { NAMES_OF_OTHERS, PROXY_USER } from '../../src/file/proxy-settings.ts'

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
    for (const rule of ['+get', '-@dangerous', '+client|setname']) expect(commandRuleProblem(rule)).toBeNull()
    for (const rule of ['get', '+GET', '+@everything', '+a b', '~x', 'allcommands', '+'])
      expect(commandRuleProblem(rule)).not.toBeNull()
  })
})
