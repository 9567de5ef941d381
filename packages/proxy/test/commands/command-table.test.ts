import type { Reply } from '@holdfast/tokens/redis'
import { describe, expect, it } from 'vitest'
import { CommandTable, fitsArity, keysOfCall } from '../../src/commands/command-table.ts'
import { handlingOf, handlingOfCall, NAMED_COMMANDS } from '../../src/commands/handling.ts'
import { call, flagsByName, TABLE } from './support.ts'

const find = (text: string) => TABLE.find(call(text))
const handle = (text: string) => {
  const command = find(text)
  return command === null ? null : handlingOfCall(command, call(text))
}

describe('the table of Redis 7.0', () => {
  const flags = flagsByName()

  it('holds every command and sub-command of the server', () => {
    expect(TABLE.all.map(({ name }) => name).sort()).toEqual([...flags.keys()].sort())
    expect(TABLE.all.length).toBe(366)
  })

  it('names a reason for each refused command, and for no other', () => {
    for (const { name, handling, reason } of TABLE.all) {
      expect(reason !== undefined, name).toBe(handling === 'refused')
      if (reason !== undefined) expect(reason, name).toMatch(/^[A-Z].*\.$/)
    }
  })

  it('decides about each command by its name or by its flags, so that none is refused as unknown', () => {
    const unknown = TABLE.all.filter(({ reason }) => reason?.includes('does not know it'))
    expect(unknown.map(({ name }) => name)).toEqual([])
  })

  it('handles no command as a read that the server flags as a write', () => {
    const writes = TABLE.all.filter(({ name }) => flags.get(name)?.includes('write'))
    expect(writes.length).toBeGreaterThan(100)
    for (const { name, handling } of writes)
      expect(['write', 'blocking', 'refused'], name).toContain(handling)
  })

  it('handles only commands as reads that the server flags so, or that are known to change nothing', () => {
    const reads = TABLE.all.filter(
      ({ name, handling }) => handling === 'read' && !flags.get(name)?.includes('readonly'),
    )
    expect(
      reads
        .map(({ name }) => name)
        .sort()
        .join(' '),
    ).toMatchInlineSnapshot(
      `"acl|cat acl|dryrun acl|genpass acl|getuser acl|help acl|list acl|log acl|users acl|whoami asking client|help command command|count command|docs command|getkeys command|getkeysandflags command|help command|info command|list config|get config|help function|dump function|help function|kill function|list function|stats info lastsave latency|doctor latency|graph latency|help latency|histogram latency|history latency|latest memory|doctor memory|help memory|malloc-stats memory|stats module|help module|list object|help pubsub|channels pubsub|help pubsub|numpat pubsub|numsub pubsub|shardchannels pubsub|shardnumsub readonly readwrite script|exists script|help script|kill slowlog|get slowlog|help slowlog|len time xgroup|help xinfo|help"`,
    )
  })

  it('holds each command that is handled by its name, but for those that came after Redis 7.0', () => {
    const missing = NAMED_COMMANDS.filter((name) => !flags.has(name))
    expect(missing.sort()).toEqual(['client|no-touch', 'client|setinfo', 'waitaof'])
  })
})

it.each([
  ['get k', 'get'],
  ['GeT k', 'get'],
  ['CONFIG GET maxmemory', 'config|get'],
  ['config', 'config'],
  ['command', 'command'],
  ['COMMAND COUNT', 'command|count'],
  ['debug sleep 1', 'debug'],
])('finds the command of `%s` as `%s`', (text, name) => {
  expect(find(text)?.name).toBe(name)
})

it.each(['nosuch', 'config nosuch', 'get|x', 'config|get maxmemory', ''])('does not find `%s`', (text) => {
  expect(find(text)).toBeNull()
})

it.each([
  ['get', false],
  ['get k', true],
  ['get k k', false],
  ['mget', false],
  ['mget a', true],
  ['mget a b c', true],
  ['config', false],
  ['config get', false],
  ['config get a', true],
])('counts the arguments of `%s` like the server: %s', (text, fits) => {
  const command = find(text)
  expect(command !== null && fitsArity(command, call(text))).toBe(fits)
})

it.each([
  ['get k', 'read'],
  ['set k v', 'write'],
  ['pfcount k', 'write'],
  ['eval s 0', 'write'],
  ['eval_ro s 0', 'read'],
  ['publish c m', 'write'],
  ['script load s', 'write'],
  ['function load s', 'write'],
  ['xread streams s 0', 'read'],
  ['xread count 1 streams block 0', 'read'],
  ['xread count block streams s 0', 'read'],
  ['XREAD COUNT 1 BLOCK 0 STREAMS s $', 'blocking'],
  ['xreadgroup group g c streams s >', 'write'],
  ['xreadgroup group block block streams s >', 'write'],
  ['XREADGROUP GROUP g c NOACK BLOCK 5 STREAMS s >', 'blocking'],
  ['blpop k 0', 'blocking'],
  ['subscribe c', 'subscription'],
  ['multi', 'transaction'],
  ['ping', 'connection'],
  ['client id', 'connection'],
  ['client kill id 1', 'refused'],
  ['cluster slots', 'refused'],
  ['config set a b', 'refused'],
  ['config get a', 'read'],
])('handles `%s` as %s', (text, handling) => {
  expect(handle(text)).toBe(handling)
})

describe('a command that this version does not know', () => {
  const handlingBy = (...flags: string[]) => handlingOf('newcommand', new Set(flags))

  it('passes if the server flags it as a plain read or write', () => {
    expect(handlingBy('readonly', 'fast')).toEqual({ handling: 'read' })
    expect(handlingBy('write', 'denyoom')).toEqual({ handling: 'write' })
    expect(handlingBy('readonly', 'write')).toEqual({ handling: 'write' })
  })

  it.each([
    ['no flag'],
    ['fast', 'fast'],
    ['admin', 'admin', 'readonly'],
    ['blocking', 'blocking', 'write'],
    ['pubsub', 'pubsub', 'readonly'],
    ['no_multi', 'no_multi', 'write'],
  ])('is refused with a reason if it has %s', (_, ...flags) => {
    expect(handlingBy(...flags)).toEqual({
      handling: 'refused',
      reason: expect.stringContaining('does not know it'),
    })
  })

  it('is refused as a sub-command, too', () => {
    const client: Reply = [
      'client',
      -2,
      [],
      0,
      0,
      0,
      [],
      [],
      [],
      [['client|newsub', 2, [], 0, 0, 0, [], [], [], []]],
    ]
    expect(CommandTable.from([client]).find(call('client newsub'))?.handling).toBe('refused')
  })
})

it('throws for an answer to COMMAND that has no sub-commands and keys, such as that of an error', () => {
  expect(() => CommandTable.from('NOPERM')).toThrow('Redis 7')
})

it.each([
  ['get k', 'k'],
  ['mget a b c', 'a b c'],
  ['mset a 1 b 2', 'a b'],
  ['bitop and d a b', 'a b d'],
  ['blpop a b 0', 'a b'],
  ['eval s 2 a b c', 'a b'],
  ['fcall f 0 a', ''],
  ['eval s 9 a', 'a'],
  ['eval s x a', ''],
  ['eval s -1 a', ''],
  ['zunionstore d 2 a b weights 1 2', 'a b d'],
  ['lmpop 2 a b left', 'a b'],
  ['blmpop 0 2 a b left', 'a b'],
  ['xread count 1 streams a b 0 0', 'a b'],
  ['xreadgroup group streams c streams a >', 'a'],
  ['sort k by w get # store d', 'd k'],
  ['georadius k 1 2 3 m store d', 'd k'],
  ['georadiusbymember k m 3 m storedist d', 'd k'],
  ['object encoding k', 'k'],
  ['memory usage k', 'k'],
  ['xgroup create k g $', 'k'],
  ['copy a b', 'a b'],
  ['spublish c m', ''],
  ['ssubscribe c', ''],
  ['flushdb', ''],
  ['xread streams', ''],
])('knows the keys of `%s`: %s', (text, keys) => {
  const command = find(text)
  const found = command === null ? [] : keysOfCall(command, call(text)).map(String)
  expect(found.sort().join(' ')).toBe(keys)
})
