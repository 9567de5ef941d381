import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findProgram } from '@holdfast/local/preflight/programs'
import { TEST_USERS } from '@holdfast/testing'
import { formatAddress, type NodeAddress } from '@holdfast/tokens/redis'
import { pause } from './clock.ts'

const START_MS = 10_000

/**
 * Starts HAProxy before a group, as people do whose clients know no Sentinels: it asks each Redis for its role every half
 * second, and ends the connections to a Redis that is not the primary any more.
 */
export async function startHaproxy(
  stack: AsyncDisposableStack,
  port: number,
  servers: readonly NodeAddress[],
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-haproxy-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'haproxy.cfg')
  await writeFile(file, configuration(port, servers))
  const child = spawn(findProgram('haproxy'), ['-f', file], { stdio: 'ignore' })
  stack.defer(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  })
  const untilMs = performance.now() + START_MS
  while (!(await answers(port))) {
    if (performance.now() > untilMs) throw new Error('HAProxy did not find the primary.')
    await pause(50)
  }
}

function configuration(port: number, servers: readonly NodeAddress[]): string {
  const { username, password } = TEST_USERS.admin
  return `global
  maxconn 8000
defaults
  mode tcp
  timeout connect 1s
  timeout client 1h
  timeout server 1h
  option tcpka
frontend clients
  bind 127.0.0.1:${port}
  default_backend primary
backend primary
  option tcp-check
  tcp-check connect
  tcp-check send "AUTH ${username} ${password}\\r\\n"
  tcp-check expect string +OK
  tcp-check send "INFO replication\\r\\n"
  tcp-check expect string role:master
  tcp-check send "QUIT\\r\\n"
  tcp-check expect string +OK
  default-server check inter 500ms fall 2 rise 1 on-marked-down shutdown-sessions
${servers.map((server, index) => `  server redis-${index + 1} ${formatAddress(server)}`).join('\n')}
`
}

/** Whether a Redis answers through it. */
async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  try {
    socket.write('PING\r\n')
    const [data] = await Promise.race([
      once(socket, 'data'),
      once(socket, 'close'),
      pause(1000).then(() => []),
    ])
    return Buffer.isBuffer(data)
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
