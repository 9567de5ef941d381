import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseSentinelFile } from '@holdfast/local/state/sentinel-files'
import { makeTempFolder } from '@holdfast/testing/local/data-centre'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasDataSet } from '../../src/guard/data-set.ts'
import { decideStart, type StartSituation } from '../../src/guard/guard.ts'

const A = '127.0.50.11:6379'
const B = '127.0.50.12:6379'

describe('decideStart', () => {
  const calm: StartSituation = {
    self: A,
    dataThere: true,
    named: null,
    inFiles: A,
    failoverMayCome: false,
    isDamaged: false,
    copySource: null,
  }

  it.each<[string, Partial<StartSituation>, ReturnType<typeof decideStart>]>([
    ['the named primary starts as the primary', { named: A }, { kind: 'primary' }],
    ['any other Redis starts as the replica of the named primary', { named: B }, { kind: 'replica', of: B }],
    ['a former primary becomes a replica', { named: B, inFiles: A }, { kind: 'replica', of: B }],
    ['without Sentinels, their files name the primary', { inFiles: B }, { kind: 'replica', of: B }],
    ['without Sentinels, the primary in the files starts as the primary', {}, { kind: 'primary' }],
    [
      'a primary that has crashed waits for the failover',
      { named: A, failoverMayCome: true },
      { kind: 'wait' },
    ],
    ['a crashed Redis waits while the Sentinels do not agree', { failoverMayCome: true }, { kind: 'wait' }],
    ['a primary without its data is held', { named: A, dataThere: false }, { kind: 'hold' }],
    [
      'a Redis without its data is held after the wait for a failover',
      { dataThere: false, inFiles: null },
      { kind: 'hold' },
    ],
    [
      'a replica without its data starts and copies the primary',
      { named: B, dataThere: false },
      { kind: 'replica', of: B },
    ],
    [
      'a damaged replica copies a primary that has the data',
      { named: B, isDamaged: true, copySource: B },
      { kind: 'copy', of: B },
    ],
    [
      'a damaged replica is held while no primary has the data',
      { named: B, isDamaged: true },
      { kind: 'hold' },
    ],
    ['a damaged primary is held', { named: A, isDamaged: true }, { kind: 'hold' }],
    [
      'a damaged primary is held while the Sentinels do not agree',
      { isDamaged: true, failoverMayCome: true },
      { kind: 'hold' },
    ],
  ])('%s', (_, situation, decision) => {
    expect(decideStart({ ...calm, ...situation })).toEqual(decision)
  })
})

describe('hasDataSet', () => {
  let folder: string
  const appendOnly = async (...files: [string, string][]) => {
    await rm(join(folder, 'appendonlydir'), { recursive: true, force: true })
    await mkdir(join(folder, 'appendonlydir'))
    for (const [name, text] of files) await writeFile(join(folder, 'appendonlydir', name), text)
  }

  beforeAll(async () => {
    folder = await makeTempFolder()
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('a folder without an append-only file has no data set', async () => {
    expect(await hasDataSet(folder)).toBe(false)
    expect(await hasDataSet(join(folder, 'nowhere'))).toBe(false)
  })

  it('the append-only file of an empty Redis is not a data set', async () => {
    await appendOnly(
      ['a.aof.manifest', 'file a.aof seq 1 type i'],
      ['a.incr.aof', ''],
      ['a.base.rdb', 'REDIS0010'],
    )
    expect(await hasDataSet(folder)).toBe(false)
  })

  it('a file with the group id is a data set', async () => {
    await appendOnly(['a.aof.manifest', 'file a.aof'], ['a.incr.aof', '$3\r\nSET\r\n$7\r\nhf:mark\r\n'])
    expect(await hasDataSet(folder)).toBe(true)
  })

  it('a file that is too large to search counts as a data set', async () => {
    await appendOnly(['a.aof.manifest', 'file a.aof'], ['a.incr.aof', 'x'.repeat(2_000_000)])
    expect(await hasDataSet(folder)).toBe(true)
  })
})

it('parseSentinelFile reads the primary and its epoch from a file that a Sentinel wrote', () => {
  const text = 'port 26379\nsentinel monitor mymaster 127.0.50.12 6379 2\nsentinel config-epoch mymaster 7\n'
  expect(parseSentinelFile(text, 'mymaster')).toEqual({ primary: B, configEpoch: 7 })
  expect(parseSentinelFile(text, 'another')).toBeNull()
})
