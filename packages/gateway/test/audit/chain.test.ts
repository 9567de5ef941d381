import { execFile } from 'node:child_process'
import { appendFile, readFile, rename, truncate, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { type AuditLog, fileOfProcess, openAudit } from '../../src/audit/audit.ts'
import { verifyAudit } from '../../src/index.ts'
import { temporaryFolder } from '../support.ts'

const BASE = { server: 'gateway-1', dataCentre: 'dc1' }

const openFile = (file: string, onError: (error: unknown) => void = () => {}): Promise<AuditLog> =>
  openAudit({ base: BASE, file, stream: { write() {} }, onError })

const login = (session: string) => ({
  subject: 'ada',
  session,
  method: 'password' as const,
  remote: '192.0.2.1',
})

/** Makes a file with a chain of `count` lines. */
async function chainOf(count: number): Promise<{ file: string; lines: string[] }> {
  const file = path.join(await temporaryFolder(), 'audit.jsonl')
  const audit = await openFile(file)
  for (let number = 1; number <= count; number++) audit.loggedIn(login(`s${number}`))
  await audit.close()
  return { file, lines: (await readFile(file, 'utf8')).trimEnd().split('\n') }
}

async function faultsAfter(change: (lines: string[]) => string[]) {
  const { file, lines } = await chainOf(6)
  await writeFile(file, `${change(lines).join('\n')}\n`)
  const { faults } = await verifyAudit([file])
  return faults.map(({ kind, line }) => `${kind} at ${line}`)
}

const swapped = ([a = '', b = '', c = '', ...rest]: string[]) => [a, c, b, ...rest]

test('an unchanged log has no faults, and the report contains its last hash', async () => {
  const { file, lines } = await chainOf(6)
  const report = await verifyAudit([file])
  expect(report.faults).toEqual([])
  const last = JSON.parse(lines.at(-1) ?? '') as { hash: string }
  expect(report.chains).toMatchObject([{ first: 1, last: 6, lines: 6, hash: last.hash }])
})

// INV-GATEWAY-21.
test('the check reports a changed line', async () => {
  const change = (lines: string[]) => lines.map((line, at) => (at === 2 ? line.replace('ada', 'eve') : line))
  expect(await faultsAfter(change)).toEqual(['changed at 3'])
})

test('the check reports a changed last line', async () => {
  const change = (lines: string[]) => lines.map((line, at) => (at === 5 ? line.replace('ada', 'eve') : line))
  expect(await faultsAfter(change)).toEqual(['changed at 6'])
})

test('the check finds a forged line with a matching hash by the line after it', async () => {
  const { file, lines } = await chainOf(6)
  const other = await chainOf(6)
  const chainIn = (text: string) => (JSON.parse(text) as { chain: string }).chain
  const forged = other.lines.map((line) => line.replace(chainIn(line), chainIn(lines[0] ?? '')))
  await writeFile(file, `${[...lines.slice(0, 2), forged[2], ...lines.slice(3)].join('\n')}\n`)
  const { faults } = await verifyAudit([file])
  expect(faults.map(({ kind, line }) => `${kind} at ${line}`)).toContain('changed at 4')
})

test('the check reports a missing line at the line after it', async () => {
  expect(await faultsAfter((lines) => lines.filter((_, at) => at !== 2))).toEqual(['missing at 3'])
})

test('the check reports swapped lines as reordered, not as missing', async () => {
  expect(await faultsAfter(swapped)).toEqual(['reordered at 3'])
})

test('the check reports a repeated line', async () => {
  expect(await faultsAfter((lines) => [...lines.slice(0, 3), lines[1] ?? '', ...lines.slice(3)])).toEqual([
    'reordered at 4',
  ])
})

test('the check reports a line that was cut off', async () => {
  const change = (lines: string[]) => lines.map((line, at) => (at === 2 ? line.slice(0, 40) : line))
  expect(await faultsAfter(change)).toEqual(['cut at 3', 'missing at 4'])
})

test('the check finds lines that were cut off at the end by a hash that was kept elsewhere', async () => {
  const { file, lines } = await chainOf(6)
  const anchor = (JSON.parse(lines[5] ?? '') as { hash: string }).hash
  expect((await verifyAudit([file], { expect: [anchor] })).faults).toEqual([])
  await writeFile(file, `${lines.slice(0, 4).join('\n')}\n`)
  expect((await verifyAudit([file])).faults).toEqual([])
  expect((await verifyAudit([file], { expect: [anchor] })).faults).toMatchObject([{ kind: 'anchor' }])
})

test('a restarted log continues the chain of its last line', async () => {
  const { file } = await chainOf(3)
  const audit = await openFile(file)
  audit.loggedIn(login('later'))
  await audit.close()
  expect(await verifyAudit([file])).toMatchObject({ faults: [], chains: [{ first: 1, last: 4 }] })
})

test('a file that logrotate renames is created again at once, and the chain continues in it', async () => {
  const { file } = await chainOf(2)
  const audit = await openFile(file)
  audit.loggedIn(login('before'))
  await expect.poll(() => audit.status().waiting).toBe(0)
  await rename(file, `${file}.1`)
  audit.loggedIn(login('after'))
  await audit.close()
  expect((await readFile(file, 'utf8')).trim().split('\n')).toHaveLength(1)
  expect(await verifyAudit([`${file}.1`, file])).toMatchObject({
    faults: [],
    chains: [{ first: 1, last: 4 }],
  })
  await writeFile(`${file}.1.gz`, gzipSync(await readFile(`${file}.1`)))
  expect(await verifyAudit([`${file}.1.gz`, file])).toMatchObject({ faults: [], chains: [{ last: 4 }] })
})

test('reopen leaves a renamed file at once, even if no entry waits', async () => {
  const { file } = await chainOf(2)
  const audit = await openFile(file)
  await rename(file, `${file}.1`)
  audit.reopen()
  await expect.poll(() => readFile(file, 'utf8').catch(() => null)).toBe('')
  audit.loggedIn(login('after'))
  await audit.close()
  expect(await verifyAudit([`${file}.1`, file])).toMatchObject({
    faults: [],
    chains: [{ first: 1, last: 3 }],
  })
})

test('a log continues in another file, in the same chain, with the waiting entries', async () => {
  const { file } = await chainOf(2)
  const next = path.join(await temporaryFolder(), 'next.jsonl')
  const audit = await openFile(file)
  audit.loggedIn(login('before'))
  const goOn = await audit.prepare(next)
  await expect.poll(() => audit.status().waiting).toBe(0)
  audit.loggedIn(login('waits'))
  goOn()
  audit.loggedIn(login('after'))
  await audit.close()
  expect(await readFile(next, 'utf8')).toContain('"session":"after"')
  expect(await verifyAudit([file, next])).toMatchObject({ faults: [], chains: [{ first: 1, last: 5 }] })
  await expect(audit.prepare('/nowhere/audit.jsonl')).rejects.toMatchObject({ code: 'FILE_UNUSABLE' })
})

test('a line that a full file cut off is reported in the next file, and no line appears twice', async () => {
  const folder = await temporaryFolder()
  const [first, second] = [path.join(folder, 'first.jsonl'), path.join(folder, 'second.jsonl')]
  const program = new URL('write-until-full.ts', import.meta.url).pathname
  // The limit counts blocks of 1024 bytes, so a few lines fit.
  const command = ['-c', 'ulimit -f 2; exec "$@"', '--', process.execPath, program, first, second]
  const { stdout } = await promisify(execFile)('bash', command)
  expect(stdout.trim()).toBe('EFBIG')
  expect(await readFile(first, 'utf8')).not.toMatch(/\n$/)
  const report = await verifyAudit([first, second])
  expect(report).toMatchObject({ faults: [], torn: 1, chains: [{ first: 1, last: 9, lines: 9 }] })
  // Without the second file the check reports the cut line.
  expect((await verifyAudit([first])).faults).toMatchObject([{ kind: 'cut' }])
})

test('a log that restarts after a rotation, before it wrote anything, continues the chain', async () => {
  const { file } = await chainOf(3)
  await rename(file, `${file}.1`)
  const audit = await openFile(file)
  audit.loggedIn(login('after'))
  await audit.close()
  expect(await verifyAudit([`${file}.1`, file])).toMatchObject({
    faults: [],
    chains: [{ first: 1, last: 4 }],
  })
})

test('a file that logrotate copied and emptied (copytruncate) continues the chain', async () => {
  const { file } = await chainOf(2)
  const audit = await openFile(file)
  audit.loggedIn(login('before'))
  await expect.poll(() => audit.status().waiting).toBe(0)
  await writeFile(`${file}.1`, await readFile(file))
  await truncate(file)
  audit.loggedIn(login('after'))
  await audit.close()
  expect(await verifyAudit([`${file}.1`, file])).toMatchObject({
    faults: [],
    chains: [{ first: 1, last: 4 }],
  })
})

test('a line that a crash cut off stays in the file, and the next line reports it', async () => {
  const { file } = await chainOf(2)
  await appendFile(file, '{"level":"info","time":"2026-')
  const audit = await openFile(file)
  audit.loggedIn(login('after'))
  await audit.close()
  const report = await verifyAudit([file])
  expect(report).toMatchObject({ faults: [], torn: 1, chains: [{ first: 1, last: 4 }] })
})

// INV-GATEWAY-26.
test('each of several processes writes its own file', () => {
  expect(fileOfProcess('/var/log/audit.jsonl', 2)).toBe('/var/log/audit-2.jsonl')
  expect(fileOfProcess('/var/log/audit.jsonl', null)).toBe('/var/log/audit.jsonl')
})

test('a log with an unusable path fails at the start with one sentence', async () => {
  await expect(openFile('/nowhere/audit.jsonl')).rejects.toMatchObject({
    code: 'FILE_UNUSABLE',
    message: 'The audit log /nowhere/audit.jsonl does not exist; check the path or create it.',
  })
})

test('the check separates the chains of several processes and the ordinary log in one stream', async () => {
  const lines: string[] = []
  const stream = { write: (line: string) => lines.push(line) }
  const open = () => openAudit({ base: BASE, stream, onError() {} })
  const [one, other] = [await open(), await open()]
  one.loggedIn(login('a'))
  lines.push('{"level":"info","msg":"The store can acknowledge logins"}\n')
  other.loggedIn(login('b'))
  one.loggedIn(login('c'))
  const file = path.join(await temporaryFolder(), 'journal.jsonl')
  await writeFile(file, lines.join(''))
  const report = await verifyAudit([file])
  expect(report).toMatchObject({ faults: [], passedOver: 1, chains: [{ last: 2 }, { last: 1 }] })
})
