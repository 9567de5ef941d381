import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { leaseNetwork } from '@holdfast/testing/leases'
import { expect, onTestFinished, test } from 'vitest'
import { createNotifier } from '../../src/processes/systemd.ts'
import { temporaryFolder } from '../support.ts'
import { startRun, TEST_MS, until } from './running.ts'

const HOST = `${await leaseNetwork()}.1`

/** Prints each received message on a line. It is Python, because Node has no Unix datagram sockets. */
const RECEIVER = `
import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("bound", flush=True)
while True:
    print(s.recv(4096).decode().replace("\\n", " "), flush=True)
`

async function receive(socket: string): Promise<() => string> {
  const receiver = spawn('python3', ['-c', RECEIVER, socket])
  let text = ''
  receiver.stdout.on('data', (chunk) => {
    text += chunk
  })
  onTestFinished(async () => {
    receiver.kill('SIGKILL')
    await once(receiver, 'exit')
  })
  await until(() => text.includes('bound'))
  return () => text
}

test.each([1, 2])(
  'systemd is notified when %d processes serve, that they are alive, and when they stop',
  async (processes) => {
    const socket = path.join(await temporaryFolder(), 'notify')
    const told = await receive(socket)
    const env = { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '1000000' }
    const port = 21_110 + processes
    const running = await startRun({ listen: { host: HOST, port }, processes }, { env })
    await until(() => told().includes('READY=1'))
    expect((await fetch(`http://${HOST}:${port}/livez`, { headers: { connection: 'close' } })).status).toBe(
      200,
    )
    await until(() => told().includes('WATCHDOG=1'))
    running.process.kill('SIGTERM')
    expect(await running.ended()).toBe(0)
    expect(told()).toMatch(/READY=1.*STOPPING=1/s)
  },
  TEST_MS,
)

// INV-GATEWAY-27.
test('the watchdog gets no keep-alive while a process hangs', async () => {
  const socket = path.join(await temporaryFolder(), 'notify')
  const told = await receive(socket)
  const environment = { ...process.env, NOTIFY_SOCKET: socket, WATCHDOG_USEC: '100000' }
  const troubles: unknown[] = []
  let isAlive = false
  using notifier = createNotifier(
    environment,
    (error) => troubles.push(error),
    () => isAlive,
  )
  await notifier.ready()
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect(told()).toContain('READY=1')
  expect(told()).not.toContain('WATCHDOG=1')
  isAlive = true
  await until(() => told().includes('WATCHDOG=1'))
  expect(troubles).toEqual([])
})

test.each([1, 2])(
  '%d processes serve on the socket that systemd opened',
  async (processes) => {
    const port = 21_120 + processes
    // It starts the gateway at the first connection and passes the socket on.
    const wrapped = ['systemd-socket-activate', '-l', `${HOST}:${port}`]
    const running = await startRun({ listen: { host: HOST, port: 9 }, processes }, { wrapped })
    await until(() => running.output().includes('Listening on'))
    const answer = await fetch(`http://${HOST}:${port}/livez`, { headers: { connection: 'close' } })
    expect(await answer.json()).toEqual({ live: true, server: 'gateway-1' })
    expect(running.output()).toContain(`gateway-1 listens on http://${HOST}:${port}`)
    running.process.kill('SIGTERM')
    expect(await running.ended()).toBe(0)
  },
  TEST_MS,
)
