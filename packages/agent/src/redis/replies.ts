import { type NodeAddress, parseAddress, type Reply } from '@holdfast/tokens/redis'

/** Reads the address in a Sentinel's reply about a Redis or another Sentinel. */
export function readAddress(reply: Reply | undefined): NodeAddress {
  return { host: readField(reply, 'ip'), port: Number(readField(reply, 'port')) }
}

/** The items of a reply that is a list; empty for any other reply. */
export const readList = (reply: Reply | undefined): Reply[] => (Array.isArray(reply) ? reply : [])

/** A field of a reply that is a map; an empty text when the field is missing. */
export function readField(reply: Reply | undefined, name: string): string {
  if (reply === null || typeof reply !== 'object' || Array.isArray(reply) || Buffer.isBuffer(reply)) return ''
  return String(reply[name] ?? '')
}

/** The fields of an `INFO` reply. */
export function readInfo(reply: Reply | undefined): Record<string, string> {
  const lines = String(reply ?? '').split('\r\n')
  return Object.fromEntries(
    lines
      .filter((line) => line.includes(':'))
      .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
  )
}

/** One connection to a Redis or a Sentinel. */
export interface ClientConnection {
  user: string
  /** The name that the client set for itself; may be empty. */
  name: string
  /** The client's address without the port and without brackets. */
  host: string
  /** The client's last command; `NULL` before its first one. */
  lastCommand: string
}

/** The connections in a reply to `CLIENT LIST`. */
export const readClients = (reply: Reply | undefined): ClientConnection[] =>
  String(reply ?? '')
    .split('\n')
    .filter((line) => line.startsWith('id='))
    .map((line) => {
      const field = (name: string) => line.match(new RegExp(`(?:^| )${name}=(\\S*)`))?.[1] ?? ''
      return {
        user: field('user'),
        name: field('name'),
        host: parseAddress(field('addr'))?.host ?? field('addr'),
        lastCommand: field('cmd'),
      }
    })
