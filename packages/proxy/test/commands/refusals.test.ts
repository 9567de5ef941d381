import { describe, expect, it } from 'vitest'
import { refusal, unknownCommand, wrongArity } from '../../src/commands/refusals.ts'
import { call, TABLE } from './support.ts'

const RESERVED = { recordsDb: 15 }

function refuse(text: string, db = 3): string | null {
  const args = call(text)
  const command = TABLE.find(args)
  if (command === null) throw new Error(`unknown: ${text}`)
  return refusal(command, args, db, RESERVED)?.toString() ?? null
}

describe('unknown commands', () => {
  const answer = (args: (string | Buffer)[]) =>
    unknownCommand(
      TABLE,
      args.map((arg) => Buffer.from(arg as string)),
    ).toString('latin1')

  // Each text was read from Redis 7.0.15.
  it.each([
    [['nosuch'], "-ERR unknown command 'nosuch', with args beginning with: \r\n"],
    [['NoSuch', 'a', 'b c'], "-ERR unknown command 'NoSuch', with args beginning with: 'a' 'b c' \r\n"],
    [['a\r\nb', '\n'], "-ERR unknown command 'a  b', with args beginning with: ' ' \r\n"],
    [['a\0b', 'c\0d'], "-ERR unknown command 'a', with args beginning with: 'c' \r\n"],
    [['config', 'no\r\nsuch'], "-ERR unknown subcommand 'no  such'. Try CONFIG HELP.\r\n"],
    [['Client', 'x'.repeat(200)], `-ERR unknown subcommand '${'x'.repeat(128)}'. Try CLIENT HELP.\r\n`],
    [['x'.repeat(200)], `-ERR unknown command '${'x'.repeat(128)}', with args beginning with: \r\n`],
    [
      ['x', 'y'.repeat(120), 'z'.repeat(20), 'w'],
      `-ERR unknown command 'x', with args beginning with: '${'y'.repeat(120)}' 'zzzzz' \r\n`,
    ],
  ])('are quoted like Redis does: %j', (args, text) => {
    expect(answer(args)).toBe(text)
  })

  it('come back byte by byte when they are no UTF-8', () => {
    expect(answer([Buffer.from([0xff, 0xc3])])).toBe(
      "-ERR unknown command '\xff\xc3', with args beginning with: \r\n",
    )
  })
})

it.each([
  ['get', 'get'],
  ['CONFIG', 'config'],
  ['CONFIG GET', 'config|get'],
])('names the command of `%s` with a wrong number of arguments', (text, name) => {
  const command = TABLE.find(call(text))
  expect(command && wrongArity(command).toString()).toBe(
    `-ERR wrong number of arguments for '${name}' command\r\n`,
  )
})

it.each([
  'config set maxmemory 1',
  'shutdown',
  'replicaof no one',
  'debug sleep 1',
  'flushall',
  'acl setuser x',
  'cluster info',
  'monitor',
  'acl log reset',
  'client reply off',
  'client reply SKIP',
  'client tracking on',
  'select 15',
  'move k 15',
  'copy a b db 15',
  'COPY a b REPLACE DB 3 DB 15',
  'get hf:mark',
  'mget a hf:mark',
  'eval s 1 hf:mark',
  'sort k store hf:x',
  'georadius k 1 2 3 m store hf:x',
  'zunionstore hf:x 1 a',
  'xread streams hf:x 0',
  'rename a hf:b',
  'watch hf:x',
])('refuses `%s` with a reason', (text) => {
  expect(refuse(text)).toMatch(/^-ERR The proxy refuses [A-Z ]+\. [A-Z].*\.\r\n$/)
})

it.each([
  'acl log',
  'acl log 5',
  'client reply on',
  'client tracking off',
  'select 3',
  'select 150',
  'select x',
  'move k 1',
  'copy a b db 1',
  'copy db 15',
  'copy a b',
  'get HF:x',
  'get hf',
  'set k hf:value',
  'publish hf:x m',
  'flushdb',
])('lets `%s` pass', (text) => {
  expect(refuse(text)).toBeNull()
})

it('refuses FLUSHDB where data of Holdfast is: in its own database and in that of the records', () => {
  expect(refuse('flushdb', 0)).toContain('Database 0')
  expect(refuse('flushdb async', 15)).toContain('Database 15')
})
