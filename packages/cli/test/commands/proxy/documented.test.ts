import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { leaseNetwork } from '@holdfast/testing/leases'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { collect, Sandbox } from '../../holdfast.ts'

const ROOT = join(import.meta.dirname, '../../../../..')
const NETWORK = await leaseNetwork()

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await Sandbox.make()
})
afterAll(() => sandbox.remove())

/** The commands of a section of docs/proxy.md. */
async function documentedCommands(title: string): Promise<string[]> {
  const text = await readFile(join(ROOT, 'docs/proxy.md'), 'utf8')
  const section = text.split(/^## /m).find((part) => part.startsWith(title)) ?? ''
  return [...section.matchAll(/^```sh\n(.+)\n```$/gm)].map(([, command = '']) => command)
}

/** The arguments of `holdfast` behind the words with which npm runs it. */
function argumentsAfter(npm: string, command = ''): string[] {
  expect(command.slice(0, npm.length)).toBe(npm)
  return command.slice(npm.length).split(' ').filter(Boolean)
}

it('the first minute of docs/proxy.md: a redis-cli counts on while the primary is killed, without an error', async () => {
  const [start, count = '', kill, ...others] = await documentedCommands('One minute')
  expect(others).toEqual([])
  const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
  expect(scripts.start).toMatch(/main\.ts up$/)

  const up = sandbox.spawn('up', ...argumentsAfter('npm start', start), '--network', NETWORK)
  const welcome = collect(up)
  const printed = () => /^ +(REDISCLI_AUTH=\S+ redis-cli .+)$/m.exec(welcome.stdout)?.[1]
  await expect.poll(printed, { timeout: 120_000 }).toBeDefined()
  // The documented line has another password, and the default network.
  const [, pasted, behind] = /^REDISCLI_AUTH=\.\.\. (redis-cli .+ --user platform) (.+)$/.exec(count) ?? []
  expect(printed()?.replace(/^\S+ /, '').replace(NETWORK, '127.0.1')).toBe(pasted)

  const counting = spawn('sh', ['-c', `exec env ${printed()} ${behind}`], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const counted = collect(counting)
  try {
    const drill = await sandbox.run(argumentsAfter('npm run holdfast --', kill))
    expect(drill.stdout).toContain('New primary')
    const linesBefore = counted.stdout.split('\n').length
    await expect
      .poll(() => counted.stdout.split('\n').length, { timeout: 20_000 })
      .toBeGreaterThan(linesBefore + 5)
  } finally {
    counting.kill('SIGKILL')
    up.kill('SIGINT')
    await once(up, 'close')
  }
  const lines = counted.stdout.trim().split('\n')
  expect(lines).toEqual(lines.map((_, index) => String(index + 1)))
  expect(counted.stderr).toBe('')
}, 240_000)
