import { appendFile, mkdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findFreePorts } from '@holdfast/testing'
import { Processes, run } from '@holdfast/testing/hosts/programs'
import { eventually, makeTempFolder } from '@holdfast/testing/local/data-centre'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { aclProblem } from '../../src/guard/acl-file.ts'
import {
  type AppendOnlyState,
  cutUnfinishedEnd,
  inspectAppendOnly,
  moveAppendOnlyAside,
} from '../../src/guard/append-only.ts'

const command = (...words: string[]) =>
  `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`
const transaction = (key: string) => `${command('MULTI')}${command('SET', key, '1')}${command('EXEC')}`
const MANIFEST = 'appendonly.aof.manifest'
const [FIRST, LAST] = ['appendonly.aof.1.incr.aof', 'appendonly.aof.2.incr.aof']

let folder: string
const file = (name: string) => join(folder, 'appendonlydir', name)
const inspect = () => inspectAppendOnly(folder, 'redis-server')

beforeEach(async () => {
  folder = await makeTempFolder()
  await mkdir(join(folder, 'appendonlydir'))
  await writeFile(file(MANIFEST), `file ${FIRST} seq 1 type i\nfile ${LAST} seq 2 type i\n`)
  await writeFile(file(FIRST), transaction('a'))
  await writeFile(file(LAST), transaction('b'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

describe('inspectAppendOnly', () => {
  it('an append-only file is sound when each of its parts is sound', async () => {
    expect(await inspect()).toEqual({ kind: 'sound' })
  })

  it('an append-only file without writes since its last rewrite is sound', async () => {
    await truncate(file(LAST))
    expect(await inspect()).toEqual({ kind: 'sound' })
  })

  it('a folder without a manifest has no append-only file', async () => {
    expect(await inspectAppendOnly(join(folder, 'nowhere'), 'redis-server')).toEqual({ kind: 'none' })
  })

  const more = transaction('c')
  it.each<[string, string]>([
    ['in a command', command('SET', 'c', '1').slice(0, -3)],
    ['in a transaction', more.slice(0, -6)],
    ['between two commands of a transaction', command('MULTI')],
    ['in zeros', '\0'.repeat(4096)],
    ['in a command and zeros', `${more.slice(0, -20)}${'\0'.repeat(20)}`],
  ])('an append-only file that ends %s is torn, and is sound without that end', async (_, end) => {
    await appendFile(file(LAST), end)
    const found = await inspect()
    const soundUpTo = Buffer.byteLength(transaction('b'))
    expect(found).toMatchObject({ kind: 'torn', file: file(LAST), soundUpTo })
    const kept = await cutUnfinishedEnd(folder, found as AppendOnlyState & { kind: 'torn' })
    expect(await readFile(kept, 'latin1')).toBe(end)
    expect(await readFile(file(LAST), 'utf8')).toBe(transaction('b'))
    expect(await inspect()).toEqual({ kind: 'sound' })
  })

  it.each<[string, () => Promise<void>, string]>([
    ['the manifest is empty', () => truncate(file(MANIFEST)), MANIFEST],
    ['a file is missing', () => rm(file(FIRST)), FIRST],
    ['a file that is not the last ends early', () => truncate(file(FIRST), 9), FIRST],
    ['it ends in other bytes', () => appendFile(file(LAST), 'not a command'), LAST],
    [
      'complete writes follow an unreadable part',
      () => appendFile(file(LAST), `\0\0${transaction('c')}`),
      LAST,
    ],
    [
      'complete transactions follow an unfinished one',
      () => appendFile(file(LAST), `${command('MULTI')}${transaction('c')}`),
      LAST,
    ],
  ])('an append-only file is damaged when %s', async (_, damage, named) => {
    await damage()
    expect(await inspect()).toEqual({ kind: 'damaged', problem: expect.stringContaining(file(named)) })
  })

  it('an append-only file whose base is truncated is damaged', async () => {
    const base = 'appendonly.aof.1.base.rdb'
    await writeFile(file(base), 'REDIS0010\xfa\x09redis-ver\x067.0', 'latin1')
    await writeFile(file(MANIFEST), `file ${base} seq 1 type b\nfile ${LAST} seq 1 type i\n`)
    expect(await inspect()).toEqual({ kind: 'damaged', problem: expect.stringContaining(file(base)) })
  })

  it('a damaged append-only file is kept when it is moved aside', async () => {
    const aside = await moveAppendOnlyAside(folder)
    expect(await readFile(join(aside, LAST), 'utf8')).toBe(transaction('b'))
    expect(await inspect()).toEqual({ kind: 'none' })
  })

  it('a program that is not the checker makes the inspection throw', async () => {
    await expect(inspectAppendOnly(folder, 'true')).rejects.toThrow('did not check')
    await expect(inspectAppendOnly(folder, join(folder, 'nowhere'))).rejects.toThrow('ENOENT')
  })

  it('a script as the server is never run with the manifest: the checker beside it checks the file', async () => {
    const script = join(folder, 'redis-server')
    const ran = join(folder, 'ran')
    await writeFile(script, `#!/bin/sh\ntouch ${ran}\nexec redis-server "$@"\n`, { mode: 0o755 })
    await expect(inspectAppendOnly(folder, script)).rejects.toThrow(
      `${script} is a script, so it cannot check the append-only file. Put a link to redis-check-aof`,
    )
    const checker = (await run('sh', ['-c', 'command -v redis-check-aof'])).trim()
    await symlink(checker, join(folder, 'redis-check-aof'))
    expect(await inspectAppendOnly(folder, script)).toEqual({ kind: 'sound' })
    await appendFile(file(LAST), more.slice(0, -6))
    expect(await inspectAppendOnly(folder, script)).toMatchObject({ kind: 'torn', file: file(LAST) })
    await expect(readFile(ran)).rejects.toThrow('ENOENT')
  })
})

it('BGREWRITEAOF saves the writes after half a transaction, which the next start of Redis would skip', async () => {
  const [port = 0] = await findFreePorts(1)
  const processes = new Processes()
  onTestFinished(() => processes.killAll())
  const said = async (...words: string[]) => (await run('redis-cli', ['-p', String(port), ...words])).trim()
  const restart = async () => {
    await processes.kill('redis', 'SIGTERM')
    const place = ['--bind', '127.0.0.1', '--port', String(port), '--dir', folder]
    processes.start('redis', ['redis-server', ...place, '--appendonly', 'yes', '--save', ''])
    await eventually(async () => expect(await said('PING')).toBe('PONG'))
  }
  await appendFile(file(LAST), transaction('c').slice(0, -6))
  await restart()
  expect(processes.said('redis')).toContain('Truncating the AOF')
  await said('SET', 'lost', '1')
  await restart()
  expect(await said('EXISTS', 'lost')).toBe('0')

  await appendFile(file(LAST), transaction('c').slice(0, -6))
  await restart()
  expect(await said('INFO', 'persistence')).toMatch(/^aof_rewrites:0/m)
  await said('BGREWRITEAOF')
  await eventually(async () => {
    expect(await said('INFO', 'persistence')).toMatch(/^aof_rewrite_in_progress:0[\s\S]*^aof_rewrites:1/m)
  })
  await said('SET', 'kept', '1')
  await restart()
  expect(await said('EXISTS', 'kept')).toBe('1')
  expect(await inspect()).toEqual({ kind: 'sound' })
})

describe('aclProblem', () => {
  it.each([
    ['user default off ~* &* +@all\nuser a on', null],
    ['user default off sanitize-payload resetchannels &* ~* +@all', null],
    ['user default off ~* &* +@all -eval', '+@all'],
    ['user default off ~* resetchannels +@all', '&*'],
    ['user default off -@all', '~* and &* and +@all'],
    ['user default off ~hf:* &* +@all', '~*'],
    ['user a on ~* +@all', 'has no user "default"'],
  ])('the ACL file "%s" has the problem: %s', (text, problem) => {
    if (problem === null) expect(aclProblem(text)).toBeNull()
    else expect(aclProblem(text)).toContain(problem)
  })
})
