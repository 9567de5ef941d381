import { appendFile, readdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { leaseNetwork } from '@holdfast/testing/leases'
import { TestDataCentre } from '@holdfast/testing/local/data-centre'
import { within } from '@holdfast/testing/within'
import { afterAll, beforeAll, expect, it } from 'vitest'

const NETWORK = await leaseNetwork()
let dc: TestDataCentre

const dataOf = (name: string) => join(dc.stateDir, name, 'data')
const appendFolderOf = (name: string) => join(dataOf(name), 'appendonlydir')

async function fileOf(name: string, end: string): Promise<string> {
  const names = await readdir(appendFolderOf(name))
  const last = names
    .filter((one) => one.endsWith(end))
    .sort()
    .at(-1)
  return join(appendFolderOf(name), last ?? '')
}

/** Every Redis has what was written. */
const expectData = async (key: string) => {
  for (const last of [11, 12, 13]) {
    expect(await dc.ask(`${NETWORK}.${last}`, ['GET', key])).toEqual(['kept'])
  }
}

beforeAll(async () => {
  dc = await TestDataCentre.create({ network: NETWORK })
  await dc.start()
  expect(await dc.write('first', 'kept', 2)).toBe(true)
  await dc.onDisk()
  await dc.stop()
}, 60_000)
afterAll(() => dc.remove())

it('files that a power cut has emptied or ended with zeros stop nothing', async () => {
  await appendFile(await fileOf('redis-1', '.incr.aof'), '\0'.repeat(4096))
  await truncate(join(dc.stateDir, 'redis-2', 'users.acl'))
  await truncate(join(dc.stateDir, 'sentinel-3', 'sentinel.conf'))
  await dc.start()
  await dc.untilHealthy()
  await expectData('first')
  expect((await readdir(join(dc.stateDir, 'redis-2'))).join()).toMatch(/users\.acl\.damaged\.\d+/)
  expect(await dc.write('second', 'kept', 2)).toBe(true)
  await dc.onDisk()
  await dc.stop()
}, 60_000)

// INV-LOCAL-5.
it('a Redis or a Sentinel never starts with a file that lost what keeps strangers out, while others run', async () => {
  await dc.start()
  const { host } = await dc.untilHealthy()
  const other = dc.topology.dataHosts.findIndex((one) => one.host !== host) + 1
  for (const [name, file] of [
    [`sentinel-${other}`, 'sentinel.conf'],
    [`redis-${other}`, 'redis.conf'],
  ] as const) {
    const path = join(dc.stateDir, name, file)
    // The heading and nothing else, and then nothing at all.
    for (const text of [(await readFile(path, 'utf8')).split('\n', 3).join('\n'), '']) {
      await dc.control.signal(name, 'SIGKILL')
      await writeFile(path, text)
      await dc.untilHealthy()
      expect(await readFile(path, 'utf8')).toMatch(/^bind 127\.\d+\.\d+\.\d+$/m)
    }
    const aside = (await readdir(join(dc.stateDir, name))).filter((one) => one.includes('.damaged.'))
    expect(aside.length).toBeGreaterThanOrEqual(2)
    expect(await readFile(join(dc.stateDir, name, 'log'), 'utf8')).not.toContain('no config file specified')
  }
  expect(await dc.write('second', 'kept', 2)).toBe(true)
  await dc.onDisk()
  await dc.stop()
}, 60_000)

it('a damaged replica and then a damaged primary get a copy of the data, and their files are kept', async () => {
  await truncate(await fileOf('redis-3', '.manifest'))
  await dc.start()
  await dc.untilHealthy()
  await expectData('second')
  expect((await readdir(dataOf('redis-3'))).join()).toContain('appendonlydir.damaged')
  const { name } = await dc.primary()
  await dc.onDisk()
  await dc.stop()
  await truncate(await fileOf(name, '.base.rdb'), 60)
  await dc.start()
  expect((await dc.untilHealthy()).name).not.toBe(name)
  await expectData('second')
  await dc.onDisk()
  await dc.stop()
}, 60_000)

it('a Redis with a user that cannot load its data is held, and the other two go on', async () => {
  const aclFile = join(dc.stateDir, 'redis-2', 'users.acl')
  const users = await readFile(aclFile, 'utf8')
  await writeFile(aclFile, users.replace(/^user default .*$/m, 'user default off ~* &* +@all -eval'))
  await dc.start()
  const { processes } = await dc.status()
  expect(processes.find(({ name }) => name === 'redis-2')).toMatchObject({
    state: 'held',
    heldBecause: expect.stringContaining('Set it to "user default off ~* &* +@all"'),
  })
  await writeFile(aclFile, users)
  await dc.untilHealthy()
  await dc.onDisk()
  await dc.stop()
}, 60_000)

it('when all three are damaged the start fails at once, and names each file and what to do', async () => {
  const files: string[] = []
  for (const name of ['redis-1', 'redis-2', 'redis-3']) {
    files.push(await fileOf(name, '.incr.aof'))
    await appendFile(files.at(-1) ?? '', 'not a command')
  }
  // The start would wait 40 s for a Redis that does not answer.
  const error: unknown = await within(
    dc.start().catch((thrown: unknown) => thrown),
    20_000,
  )
  expect(error).toMatchObject({ code: 'START_FAILED' })
  for (const file of files) expect(String(error)).toContain(`${file} is damaged`)
  expect(String(error)).toContain('redis-check-aof --fix')
}, 60_000)
