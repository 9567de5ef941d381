import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { DataCentreDescription } from '@holdfast/local/state/description'
import { openLocal } from '@holdfast/local/state/open'
import { connectControl } from '@holdfast/local/supervise/control-client'
import { platformPassword } from '@holdfast/site/render/derived-secrets'
import { leaseNetwork } from '@holdfast/testing/leases'
import { eventually } from '@holdfast/testing/local/data-centre'
import { Connection } from '@holdfast/tokens/redis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Sandbox } from '../../holdfast.ts'

const NAME = 'up-proxy'
const NETWORK = await leaseNetwork()

let sandbox: Sandbox
let description: DataCentreDescription

beforeAll(async () => {
  sandbox = await Sandbox.make()
  description = await sandbox.up(NAME, NETWORK)
}, 120_000)

afterAll(async () => {
  await sandbox.run(['down', '--name', NAME, '--purge'])
  await sandbox.remove()
}, 60_000)

/** A Redis client without a library. Each of its replies is one line. */
class PlainClient {
  readonly #socket
  readonly ended: Promise<unknown>
  readonly replies: string[] = []
  #wake = () => {}

  constructor({ host, port, user, password }: DataCentreDescription['proxy']) {
    this.#socket = connect(port, host)
    this.ended = once(this.#socket, 'close')
    let text = ''
    this.#socket.on('data', (bytes) => {
      const lines = (text + bytes).split('\r\n')
      text = lines.pop() ?? ''
      this.replies.push(...lines)
      this.#wake()
    })
    this.send(`AUTH ${user} ${password}`)
  }

  send(...commands: string[]): void {
    this.#socket.write(commands.map((command) => `${command}\r\n`).join(''))
  }

  async untilReplies(count: number): Promise<void> {
    while (this.replies.length < count) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  end(): void {
    this.#socket.end()
  }
}

it('the proxy of `holdfast up` is a process like the others: `status` shows it, and it comes back after a kill', async () => {
  const proxyNow = async () => (await sandbox.status(NAME)).processes.find(({ kind }) => kind === 'proxy')
  const before = await proxyNow()
  expect(before).toMatchObject({ name: 'proxy', host: `${NETWORK}.2`, port: 6380, state: 'running' })
  await connectControl(description.stateDir).signal('proxy', 'SIGKILL')
  await expect.poll(proxyNow, { timeout: 20_000 }).toMatchObject({ state: 'running', restarts: 1 })
  const { user: username, password, ...address } = description.proxy
  // It runs a moment before it accepts clients.
  const connection = await eventually(() => Connection.open({ address, username, password }))
  expect(String(await connection.send(['SET', 'back', 'yes'], 10_000))).toBe('OK')
  connection.close()
}, 60_000)

it('the proxy of `holdfast up` is the only Sentinel that its clients need', async () => {
  const { host, port, sentinelPort } = description.proxy
  const connection = await Connection.open({ address: { host, port: sentinelPort } })
  const ask = async (...args: string[]) => await connection.send(['SENTINEL', ...args], 10_000)
  expect(sentinelPort).toBe(26_380)
  expect(String(await ask('GET-MASTER-ADDR-BY-NAME', 'mymaster'))).toBe(`${host},${port}`)
  expect(await ask('MASTERS')).toHaveLength(1)
  connection.close()
})

it('`holdfast down` gives every answer that is under way, also in the middle of a failover', async () => {
  const client = new PlainClient(description.proxy)
  client.send('INCR counter')
  await client.untilReplies(2)
  const control = connectControl(description.stateDir)
  const primary = (await sandbox.status(NAME)).redis.find((node) => node.reachable && node.role === 'primary')
  await control.signal(primary?.name ?? '', 'SIGSTOP')
  client.send(...Array<string>(20).fill('INCR counter'))
  const { code } = await sandbox.run(['down', '--name', NAME])
  await client.ended
  expect(code).toBe(0)
  expect(client.replies).toEqual(['+OK', ...Array.from({ length: 21 }, (_, index) => `:${index + 1}`)])
  await sandbox.up(NAME, NETWORK)
  const again = new PlainClient(description.proxy)
  again.send('INCR counter')
  await again.untilReplies(2)
  expect(again.replies[1]).toBe(':22')
  again.end()
}, 90_000)

it('the proxy of `holdfast up` uses rotated passwords without a restart', async () => {
  const { code } = await sandbox.run(['rotate', 'passwords', '--yes', '--name', NAME])
  expect(code).toBe(0)
  const log = () => readFile(join(description.stateDir, 'proxy', 'log'), 'utf8')
  // It writes this once every Redis and the Sentinels have accepted the new passwords.
  await expect.poll(log, { timeout: 20_000 }).toContain('The proxy uses the new passwords')
  const { secrets } = await openLocal(description.stateDir)
  const client = new PlainClient({ ...description.proxy, password: platformPassword(secrets) })
  client.send('SET rotated yes')
  await client.untilReplies(2)
  expect(client.replies).toEqual(['+OK', '+OK'])
  client.end()
}, 60_000)
