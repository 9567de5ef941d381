import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * Addresses and ports for tests. A test leases what it uses, so that no two test files have the same addresses, not even
 * in two checkouts at the same time. A lease is a listening socket: it ends with the process that holds it.
 */

/** Below the ephemeral ports of Linux. A connection could take an ephemeral port before the test uses it. */
const LOWEST_PORT = 12_000
const HIGHEST_PORT = 32_000
/** One block of ports belongs to one process. The lease of a block is its first port. */
const BLOCK = 100
/** Below the ports of all blocks. */
const NETWORK_LEASE_PORT = 11_999
const TRIES = 50

/**
 * Leases 256 addresses of loopback and returns their prefix, such as `127.81.204`. A test can use fixed ports there.
 * Addresses below 127.64 are free for `holdfast up`.
 */
export async function leaseNetwork(): Promise<string> {
  const [network = ''] = await leaseNetworks(1)
  return network
}

/** Leases several networks in a row, as `holdfast up --file` gives them to the data centres of a site. */
export async function leaseNetworks(count: number): Promise<string[]> {
  for (let tries = 0; tries < TRIES; tries++) {
    const [second, first] = [randomInt(64, 255), randomInt(0, 256 - count)]
    const networks = Array.from({ length: count }, (_, index) => `127.${second}.${first + index}`)
    const held = await Promise.all(networks.map((network) => canHold(`${network}.254`, NETWORK_LEASE_PORT)))
    if (held.every(Boolean)) return networks
  }
  throw new Error(`No ${count} networks of loopback in a row were free in ${TRIES} tries.`)
}

const block = { next: 0, end: 0 }

/** Finds ports that are not in use at any address. The ports belong to this process until it ends. */
export async function findFreePorts(count: number): Promise<number[]> {
  const ports: number[] = []
  while (ports.length < count) {
    if (block.next >= block.end) await leaseBlock()
    const port = block.next++
    if (await isFree(port)) ports.push(port)
  }
  return ports
}

async function leaseBlock(): Promise<void> {
  for (let tries = 0; tries < TRIES; tries++) {
    const first = LOWEST_PORT + BLOCK * randomInt((HIGHEST_PORT - LOWEST_PORT) / BLOCK)
    if (!(await canHold('127.0.0.1', first))) continue
    block.next = first + 1
    block.end = first + BLOCK
    return
  }
  throw new Error(`No block of ports was free in ${TRIES} tries.`)
}

/** Listens on an address until this process ends. False: another process listens there. */
async function canHold(host: string, port: number): Promise<boolean> {
  const server = createServer()
  try {
    await once(server.listen(port, host), 'listening')
    // A lease must not keep its process running.
    server.unref()
    return true
  } catch {
    return false
  }
}

/**
 * Whether no process uses a port, at any address: a program without a lease, or one that a killed test left behind. Tests
 * use the ports also at other addresses of loopback.
 */
async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    await once(server.listen(port), 'listening')
    return true
  } catch {
    return false
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
}
