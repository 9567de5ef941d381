import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import type { NodeAddress } from '@holdfast/tokens/redis'

const LISTENING = '0A'

/** The process that listens on an IPv4 address, as `redis-server (process 123)`; null when it is unknown. */
export function portOwner(address: NodeAddress): string | null {
  try {
    const sockets = listeningSockets(address)
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      if (openFiles(pid).some((target) => sockets.has(target))) {
        return `${readFileSync(`/proc/${pid}/comm`, 'utf8').trim()} (process ${pid})`
      }
    }
  } catch {
    // There is no /proc on macOS.
  }
  return null
}

/** The sockets that listen on the address or on all addresses, as `socket:[inode]` (proc(5)). */
function listeningSockets({ host, port }: NodeAddress): Set<string> {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0')
  // Little-endian, like every supported machine.
  const hexHost = host
    .split('.')
    .reverse()
    .map((part) => Number(part).toString(16).toUpperCase().padStart(2, '0'))
    .join('')
  const wanted = [`${hexHost}:${hexPort}`, `00000000:${hexPort}`]
  const found = new Set<string>()
  for (const line of readFileSync('/proc/net/tcp', 'latin1').split('\n').slice(1)) {
    const fields = line.trim().split(/\s+/)
    if (fields[3] === LISTENING && wanted.includes(fields[1] ?? '')) found.add(`socket:[${fields[9]}]`)
  }
  return found
}

function openFiles(pid: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`)
      } catch {
        return []
      }
    })
  } catch {
    return []
  }
}
