import { mkdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { getStatus } from '@holdfast/operations/status/status'
import { defaultPlan } from '@holdfast/site/topology/place'
import { leaseNetwork } from '@holdfast/testing/leases'
import { makeTempFolder, startOptions } from '@holdfast/testing/local/data-centre'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { startDataCentre } from '../../src/lifecycle/start.ts'
import { stopDataCentre } from '../../src/lifecycle/stop.ts'
import { findProgram } from '../../src/preflight/programs.ts'
import { connectControl } from '../../src/supervise/control-client.ts'

const NETWORK = await leaseNetwork()

let folder: string

beforeEach(async () => {
  folder = await makeTempFolder()
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const start = (stateDir: string, network = NETWORK) =>
  startDataCentre(startOptions(stateDir, defaultPlan({ network })))

it('the error names a missing program', () => {
  expect(() => findProgram('redis-server-of-the-future', '')).toThrowError(
    expect.objectContaining({
      code: 'MISSING_PROGRAM',
      message: expect.stringContaining('redis-server-of-the-future'),
    }),
  )
})

it('the error names a port in use and the process that uses it', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(26379, `${NETWORK}.12`, resolve))
  try {
    await expect(start(folder)).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringMatching(
        process.platform === 'linux'
          ? `${NETWORK}.12:26379 is in use by .*process ${process.pid}`
          : `${NETWORK}.12:26379`,
      ),
    })
  } finally {
    server.close()
  }
})

it('the error names an address that does not belong to this machine', async () => {
  await expect(start(folder, '192.0.2')).rejects.toMatchObject({
    code: 'ADDRESS_NOT_HERE',
    message: expect.stringContaining('192.0.2.11'),
  })
})

it('a folder with other files is refused and left alone', async () => {
  await writeFile(join(folder, 'thesis.tex'), 'years of work')
  await expect(start(folder)).rejects.toMatchObject({ code: 'STATE_UNUSABLE' })
  await expect(stopDataCentre(folder, { purge: true })).rejects.toMatchObject({ code: 'NOT_RUNNING' })
})

it('a state folder that is a file is refused', async () => {
  const file = join(folder, 'file')
  await writeFile(file, '')
  await expect(start(file)).rejects.toMatchObject({
    code: 'STATE_UNUSABLE',
    message: expect.stringContaining(file),
  })
})

it.runIf(process.platform === 'linux')('a folder in which nothing can be created is refused', async () => {
  await expect(start('/proc/holdfast/state')).rejects.toMatchObject({
    code: 'STATE_UNUSABLE',
    message: expect.stringContaining('/proc/holdfast/state'),
  })
})

it('a folder whose control socket would have too long a path is refused', async () => {
  const deep = join(folder, 'x'.repeat(100))
  await mkdir(deep)
  await expect(start(deep)).rejects.toMatchObject({
    code: 'STATE_UNUSABLE',
    message: expect.stringContaining('Unix socket'),
  })
})

it('commands fail with NOT_RUNNING when no data centre is running', async () => {
  await expect(connectControl(folder).status()).rejects.toMatchObject({ code: 'NOT_RUNNING' })
  await expect(getStatus({ stateDir: folder })).rejects.toMatchObject({ code: 'NOT_RUNNING' })
  await expect(stopDataCentre(folder)).rejects.toMatchObject({ code: 'NOT_RUNNING' })
})
