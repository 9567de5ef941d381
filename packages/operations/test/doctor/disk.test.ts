import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import type { AnyDataCentre } from '../../src/data-centre/open.ts'
import { readDisk } from '../../src/doctor/collect/disk.ts'

const LOCAL = {} as AnyDataCentre

test('the doctor reads the free space of the disk of a local Redis', async () => {
  const disk = await readDisk(LOCAL, '127.0.1.11', tmpdir(), 10_000)
  expect(disk?.totalBytes).toBeGreaterThan(0)
  expect(disk?.freeBytes).toBeLessThanOrEqual(disk?.totalBytes ?? 0)
})

test('the doctor does not wait for a file system that does not answer, and says nothing about it', async () => {
  expect(await readDisk(LOCAL, '127.0.1.11', tmpdir(), 1, () => new Promise(() => {}))).toBeNull()
})
