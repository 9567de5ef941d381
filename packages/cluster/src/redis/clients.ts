import { parseAddress, type Reply } from '@holdfast/tokens/redis'

/** One connection to a Redis or a Sentinel. */
export interface ClientConnection {
  user: string
  /** The name that the client has given itself; may be empty. */
  name: string
  /** Its address without the port and without brackets. */
  host: string
  /** The command that it sent last; `NULL` when it has sent none. */
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
