import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { textOf } from '@holdfast/site/render/document'
import { groupEnvironment } from '@holdfast/site/render/library-env'
import { exampleSite } from '@holdfast/testing/hosts/example-site'
import { isThere } from '@holdfast/testing/hosts/programs'
import { leaseNetwork } from '@holdfast/testing/leases'
import { eventually } from '@holdfast/testing/local/data-centre'
import { FIXED_SECRETS } from '@holdfast/testing/local/fixed-secrets'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { collect, MAIN, Sandbox } from '../../holdfast.ts'

const NETWORK = await leaseNetwork()
const CLIENTS = `${NETWORK}.1:21180`
const SENTINEL_CLIENTS = `${NETWORK}.1:21181`

let sandbox: Sandbox
let envFile: string

beforeEach(async () => {
  sandbox = await Sandbox.make()
  envFile = join(sandbox.folder, 'proxy.env')
  const [dataCentre] = exampleSite().dataCentres
  if (dataCentre === undefined) throw new Error('the example has a data centre')
  // No Sentinel answers there: a proxy accepts clients before it knows the primary.
  const sentinels = [{ host: `${NETWORK}.2`, port: 21_182 }]
  await writeFile(envFile, textOf(groupEnvironment(dataCentre, sentinels, null, FIXED_SECRETS)))
})

afterEach(() => sandbox.remove())

/** Sends a command in one line, and returns the first bytes of the answer. */
async function ask(address: string, command: string): Promise<string> {
  const [host = '', port = ''] = address.split(':')
  const socket = connect(Number(port), host)
  try {
    socket.write(`${command}\r\n`)
    const [answer] = await once(socket, 'data')
    return String(answer)
  } finally {
    socket.destroy()
  }
}

/** Prints each message to a socket on a line. It is Python, because Node has no Unix datagram sockets. */
const RECEIVER = `
import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("bound", flush=True)
while True:
    print(s.recv(4096).decode().replace("\\n", " "), flush=True)
`

describe.skipIf(!isThere('systemd-socket-activate') || !isThere('python3'))(
  'Socket activation of a proxy',
  () => {
    const processes: ChildProcess[] = []

    function start(...command: string[]) {
      const [program = '', ...args] = command
      const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
      processes.push(child)
      return { child, output: collect(child) }
    }

    /** As systemd starts the proxy: at the first connection, with sockets that are open already. */
    const activate = (listening: string[], options: string[], environment: string[] = []) =>
      start(
        'systemd-socket-activate',
        ...listening.flatMap((address) => ['-l', address]),
        ...environment.flatMap((variable) => ['-E', variable]),
        ...[process.execPath, MAIN, 'proxy', '--env-file', envFile, ...options],
      )

    afterEach(async () => {
      for (const child of processes.splice(0)) {
        if (child.exitCode !== null || child.signalCode !== null) continue
        child.kill('SIGKILL')
        await once(child, 'exit')
      }
    })

    it('the first socket is for clients, the second for clients that ask Sentinels, and systemd learns the state', async () => {
      const notified = join(sandbox.folder, 'notify')
      const receiver = start('python3', '-c', RECEIVER, notified)
      await eventually(async () => expect(receiver.output.stdout).toContain('bound'))
      const { child, output } = activate(
        [CLIENTS, SENTINEL_CLIENTS],
        ['--listen', CLIENTS, '--sentinel-listen', SENTINEL_CLIENTS],
        [`NOTIFY_SOCKET=${notified}`],
      )
      await eventually(async () => expect(output.stderr).toContain('Listening on'))
      expect(await ask(CLIENTS, 'PING')).toBe('-NOAUTH Authentication required.\r\n')
      expect(await ask(SENTINEL_CLIENTS, 'SENTINEL GET-MASTER-ADDR-BY-NAME mymaster')).toContain('21180')
      await eventually(async () => expect(receiver.output.stdout).toMatch(/READY=1 MAINPID=\d+/))
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      expect(await ended).toEqual([0, null])
      await eventually(async () => expect(receiver.output.stdout).toContain('STOPPING=1'))
    })

    it('with one socket the proxy opens the port for clients that ask Sentinels itself', async () => {
      const { output } = activate([CLIENTS], ['--listen', CLIENTS, '--sentinel-listen', SENTINEL_CLIENTS])
      await eventually(async () => expect(output.stderr).toContain('Listening on'))
      expect(await ask(CLIENTS, 'PING')).toContain('NOAUTH')
      await eventually(async () => expect(await ask(SENTINEL_CLIENTS, 'PING')).toBe('+PONG\r\n'))
    })

    it('three sockets are refused with an error that says what to change', async () => {
      const { child, output } = activate([CLIENTS, SENTINEL_CLIENTS, `${NETWORK}.1:21183`], [])
      await eventually(async () => expect(output.stderr).toContain('Listening on'))
      const ended = once(child, 'exit')
      await ask(CLIENTS, 'PING').catch(() => {})
      expect(await ended).not.toEqual([0, null])
      expect(output.stderr).toMatch(
        /systemd passed 3 sockets\. Give the socket unit one `ListenStream` for clients/,
      )
    })
  },
)
