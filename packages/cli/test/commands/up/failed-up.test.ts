import { appendFile, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { leaseNetwork } from '@holdfast/testing/leases'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Sandbox } from '../../holdfast.ts'

const NETWORK = await leaseNetwork()

const NAME = 'cli-failed'
const UP = ['up', '--name', NAME, '--network', NETWORK]
let sandbox: Sandbox
let stateDir: string

beforeAll(async () => {
  sandbox = await Sandbox.make()
  ;({ stateDir } = await sandbox.up(NAME, NETWORK))
  await sandbox.run(['down', '--name', NAME])
}, 120_000)

afterAll(async () => {
  await sandbox.run(['down', '--name', NAME, '--purge'])
  await sandbox.remove()
}, 60_000)

/** The command lines of all processes that name the data centre or its folder. */
async function processes(): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')))
  return lines.filter((line) => line.includes(`\0${NAME}\0`) || line.includes(stateDir))
}

const broken = async (file: string, breaks: (path: string) => Promise<unknown>) => {
  const path = join(stateDir, file)
  const before = await readFile(path, 'utf8')
  await breaks(path)
  return () => writeFile(path, before)
}

const FAILURES: [what: string, says: RegExp, breaks: () => Promise<() => Promise<void>>][] = [
  [
    'a Sentinel fails',
    /^Error: sentinel-2 keeps crashing: exit code 1 .*sentinel-2.log/,
    () => broken('sentinel-2/sentinel.conf', (file) => appendFile(file, 'bogus\n')),
  ],
  [
    'the users’ file is broken',
    /^Error: gateway-\d keeps crashing: exit code \d+ .*gateway-\d.log/,
    () => broken('users.json', (file) => writeFile(file, '{')),
  ],
]

describe.each(FAILURES)('when %s', (_what, says, breaks) => {
  it.each([
    ['up', UP],
    ['up --detach', [...UP, '--detach']],
  ])(
    '`%s` prints one error and leaves no process, and `down` finds none',
    async (_name, command) => {
      const undo = await breaks()
      try {
        const { code, stderr } = await sandbox.run(command)
        expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(says) })
        expect(stderr.trim().split('\n')).toHaveLength(1)
        await expect.poll(processes, { timeout: 5000 }).toEqual([])
        const down = await sandbox.run(['down', '--name', NAME])
        expect(down).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Nothing was running\./) })
      } finally {
        await undo()
      }
    },
    90_000,
  )
})
