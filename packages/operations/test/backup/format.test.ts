import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type BackupPart, readBackup, writeBackup } from '../../src/backup/format.ts'

const HEADER = { dataCentre: 'dc1', keyring: 'ab', beganAt: '2026-01-01T00:00:00.000Z' }

const newMac = (key = 'key') => createHmac('sha256', key)

const entry = fc.record({
  key: fc.stringMatching(/^hf:\{[0-9A-Za-z]{3}\}:t:[\w-]{32}$/),
  bytes: fc.uint8Array({ minLength: 1, maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
})

async function* each<T>(items: Iterable<T>) {
  yield* items
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

const written = async (batches: { key: string; bytes: Buffer }[][]) =>
  Buffer.concat(await collect(writeBackup(HEADER, each(batches), newMac())))

const read = (bytes: Buffer) => collect(readBackup(each([bytes]), newMac()))

/** The bytes in pieces of a few sizes, as a stream may hand them on. */
function* inPieces(bytes: Buffer, size: number) {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size)
}

it('a backup is read as it was written, in pieces of any size', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(entry, { maxLength: 4 }), { maxLength: 4 }),
      fc.integer({ min: 1, max: 300 }),
      async (batches, size) => {
        const parts = await collect(readBackup(each(inPieces(await written(batches), size)), newMac()))
        const wanted: BackupPart[] = [
          { kind: 'header', header: HEADER, authenticated: true },
          ...batches.flat().map((one) => ({ kind: 'record' as const, entry: one })),
          { kind: 'end' },
        ]
        expect(parts).toEqual(wanted)
      },
    ),
    { numRuns: 50 },
  )
})

// INV-OPERATIONS-18.
it('the backup reader refuses a backup that is cut off anywhere', async () => {
  const bytes = await written([[{ key: 'hf:{000}:t:x', bytes: Buffer.from('abc') }]])
  // Without the very last byte, the end of a line, nothing is missing.
  for (let length = 0; length < bytes.length - 1; length++) {
    await expect(read(bytes.subarray(0, length))).rejects.toMatchObject({ code: 'BACKUP_REFUSED' })
  }
})

it.each([
  ['nothing', '', /its end is missing/],
  ['something else', 'hello\n', /is not a backup of Holdfast/],
  [
    'another version',
    `${JSON.stringify({ format: 'holdfast-backup', version: 3, ...HEADER })}\n`,
    /format version 3/,
  ],
])('the backup reader refuses %s', async (_, text, message) => {
  await expect(read(Buffer.from(text))).rejects.toMatchObject({ message: expect.stringMatching(message) })
})

it.each([
  ['a record too few', '{"records":1}\n', /it holds 0 records, and its last line has another number/],
  ['a record that is none', 'hf:{000}:t:x !!\n', /record 1 is malformed/],
  ['a key that is none', 'session YQ==\n', /record 1 is malformed/],
  ['a line without end', 'x'.repeat(300_000), /a line has no end/],
])('the backup reader refuses a backup with %s', async (_, rest, message) => {
  const header = (await written([])).toString().split('\n')[0]
  await expect(read(Buffer.from(`${header}\n${rest}`))).rejects.toMatchObject({
    code: 'BACKUP_REFUSED',
    message: expect.stringMatching(message),
  })
})

// INV-OPERATIONS-18.
it('the backup reader refuses a backup of another key, with another record, or without a MAC', async () => {
  const record = { key: 'hf:{000}:t:x', bytes: Buffer.from('abc') }
  const made = (await written([[record]])).toString()
  const forged = [
    made.replace('YWJj', 'YWJk'),
    made.replace('dc1', 'dc2'),
    made.replace(/,"mac":"[^"]*"/, ''),
    made.replace(/"mac":"./, '"mac":"'),
  ]
  for (const text of forged) {
    await expect(read(Buffer.from(text))).rejects.toMatchObject({
      code: 'BACKUP_REFUSED',
      message: expect.stringMatching(/its MAC is wrong/),
    })
  }
  const byOther = readBackup(each([Buffer.from(made)]), newMac('another key'))
  await expect(collect(byOther)).rejects.toMatchObject({ code: 'BACKUP_REFUSED' })
})

it('the backup reader says of format version 1 that it is not authenticated', async () => {
  const text = `${JSON.stringify({ format: 'holdfast-backup', version: 1, ...HEADER })}\n{"records":0}\n`
  expect(await read(Buffer.from(text))).toEqual([
    { kind: 'header', header: HEADER, authenticated: false },
    { kind: 'end' },
  ])
})

it('the backup reader refuses a backup with more after its end', async () => {
  const bytes = Buffer.concat([await written([]), Buffer.from('x\n')])
  await expect(read(bytes)).rejects.toMatchObject({
    code: 'BACKUP_REFUSED',
    message: expect.stringMatching(/something follows its end/),
  })
})
