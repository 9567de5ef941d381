import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findProgram } from '@holdfast/local/preflight/programs'
import { findFreePorts } from '@holdfast/testing'
import { pause } from '../clock.ts'
import { type ClientKind, type Endpoint, numberOf } from './client.ts'
import { HttpClient } from './http-client.ts'

const WORKERS = 8
const START_MS = 10_000
const PREFIX = 'PHPREDIS_SESSION:'

export const phpredis: ClientKind = {
  name: 'phpredis',
  about: `A web application with the sessions of phpredis in ${WORKERS} processes of PHP, a connection per request, its defaults`,
  without: 'HAProxy',
  rate: 0.25,
  async open(endpoint) {
    const [port = 0] = await findFreePorts(1)
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-php-'))
    const savePathFile = join(folder, 'save-path')
    await writeFile(savePathFile, savePath(endpoint))
    const php = spawn(
      findProgram('php'),
      [
        ...[
          '-d',
          'session.save_handler=redis',
          '-S',
          `127.0.0.1:${port}`,
          join(import.meta.dirname, 'programs', 'sessions.php'),
        ],
      ],
      {
        // Its workers end with the group of processes.
        detached: true,
        stdio: 'ignore',
        env: { ...process.env, PHP_CLI_SERVER_WORKERS: String(WORKERS), SAVE_PATH: savePathFile },
      },
    )
    await untilListening(port)
    const http = new HttpClient(port, { maxSockets: WORKERS, keepAlive: false })
    return {
      maxInFlight: WORKERS,
      get: async (key) => numberOf((await http.send('GET', '/', `PHPSESSID=${key}`)).text),
      async set(key, value) {
        await http.send('POST', `/?number=${value}`, `PHPSESSID=${key}`)
      },
      async changePassword(password) {
        await writeFile(`${savePathFile}.new`, savePath({ ...endpoint, password }))
        await rename(`${savePathFile}.new`, savePathFile)
      },
      ended: () => null,
      async close() {
        http.close()
        await rm(folder, { recursive: true, force: true })
        if (php.pid === undefined || php.exitCode !== null || php.signalCode !== null) return
        const gone = once(php, 'exit')
        process.kill(-php.pid, 'SIGKILL')
        await gone
      },
    }
  },
  storedKey: (key) => `${PREFIX}${key}`,
  numberIn: (stored) => Number(/number\|i:(\d+)/.exec(stored)?.[1] ?? 0),
}

function savePath({ address, username, password }: Endpoint): string {
  if (address === null) throw new Error('phpredis has no Sentinel mode for sessions.')
  const login = new URLSearchParams([
    ['auth[]', username],
    ['auth[]', password],
  ])
  return `tcp://127.0.0.1:${address.port}?${login}`
}

async function untilListening(port: number): Promise<void> {
  const untilMs = performance.now() + START_MS
  for (;;) {
    const socket = connect(port, '127.0.0.1')
    const isThere = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (isThere) return
    if (performance.now() > untilMs) throw new Error('PHP did not start.')
    await pause(50)
  }
}
