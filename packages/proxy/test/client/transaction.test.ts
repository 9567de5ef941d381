import { expect, it } from 'vitest'
import { Transaction } from '../../src/client/transaction.ts'

function transaction(...lines: string[]): Transaction {
  const made = new Transaction()
  for (const line of lines) {
    const args = line.split(' ').map((word) => Buffer.from(word))
    made.add(line.split(' ')[0] ?? '', { args, raw: Buffer.from(line) })
  }
  return made
}

it.each([
  ['the last database that the server selected', '*2\r\n+OK\r\n+OK\r\n', 5],
  ['the one before a SELECT that failed', '*2\r\n+OK\r\n-ERR DB index is out of range\r\n', 4],
  ['no other, if every SELECT failed', '*2\r\n-ERR x\r\n-ERR x\r\n', null],
  ['no other, if the transaction was not done', '*-1\r\n', null],
  ['no other, if the transaction was refused', '-EXECABORT x\r\n', null],
])('a transaction leaves its client in %s', (_, exec, db) => {
  expect(transaction('select 4', 'select 5').selectedBy(Buffer.from(exec))).toBe(db)
})

it('counts the places of all commands of a transaction, not only of SELECT', () => {
  const exec = '*3\r\n-ERR x\r\n+OK\r\n$1\r\nv\r\n'
  expect(transaction('incr k', 'select 4', 'get k').selectedBy(Buffer.from(exec))).toBe(4)
})
