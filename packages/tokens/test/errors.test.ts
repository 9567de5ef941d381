import { readFile } from 'node:fs/promises'
import * as tokens from '@holdfast/tokens'
import { HoldfastError } from '@holdfast/tokens'
import { expect, test } from 'vitest'

type ErrorClass = new (message: string, kind?: string | ErrorOptions) => HoldfastError

const classes = Object.entries<unknown>(tokens).filter(
  (entry): entry is [string, ErrorClass] =>
    typeof entry[1] === 'function' && entry[1].prototype instanceof HoldfastError,
)

test('every code has exactly one class, and every class one code', async () => {
  const source = await readFile(new URL('../src/errors.ts', import.meta.url), 'utf8')
  const union = /export type ErrorCode =([\s\S]*?)\n\n/.exec(source)?.[1] ?? ''
  const documented = [...union.matchAll(/'([A-Z_]+)'/g)].map((match) => match[1])
  const codes = classes.map(([, Class]) => new Class('message').code)
  expect(documented.length).toBeGreaterThan(5)
  expect(new Set(documented).size).toBe(documented.length)
  expect([...codes].sort()).toEqual([...documented].sort())
})

test('an error has the name of its class, its message and its cause', () => {
  const cause = new Error('because')
  for (const [name, Class] of classes) {
    const error = new Class('What happened.')
    expect(error).toBeInstanceOf(Error)
    expect(error.name).toBe(name)
    expect(error.message).toBe('What happened.')
  }
  expect(new tokens.StoreUnavailableError('x', { cause }).cause).toBe(cause)
  expect(new tokens.RedisReplyError('x', 'READONLY', { cause })).toMatchObject({ kind: 'READONLY', cause })
})
