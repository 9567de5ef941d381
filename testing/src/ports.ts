import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'

/** Below the ephemeral ports of Linux. A connection could take an ephemeral port before the test uses it. */
const LOWEST = 12_000
const HIGHEST = 32_000
const TRIES = 50

/**
 * Finds ports of 127.0.0.1 that are not in use. It holds all of them until the last one is found, so that all ports
 * are different.
 */
export async function findFreePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  try {
    return await Promise.all(servers.map((server) => listenSomewhere(server)))
  } finally {
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  }
}

async function listenSomewhere(server: Server): Promise<number> {
  for (let tries = 0; tries < TRIES; tries++) {
    const port = randomInt(LOWEST, HIGHEST)
    server.listen(port, '127.0.0.1')
    try {
      await once(server, 'listening')
      return port
    } catch {
      // The port is in use. Try another one.
    }
  }
  throw new Error(`No free port was found in ${TRIES} tries.`)
}
