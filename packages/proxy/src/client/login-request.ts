import type { Protocol } from '../resp/reply.ts'

/** What a client says of itself with AUTH or HELLO. */
export interface LoginRequest {
  protocol?: Protocol
  username?: string
  password?: string
  clientName?: string
}

/** Reads AUTH, or returns the text of Redis's error. */
export function readAuth(args: readonly Buffer[]): LoginRequest | string {
  const [, first, second] = args.map(String)
  if (first === undefined) return "ERR wrong number of arguments for 'auth' command"
  if (args.length > 3) return 'ERR syntax error'
  return second === undefined ? { password: first } : { username: first, password: second }
}

/** Reads HELLO, or returns the text of Redis's error. */
export function readHello(args: readonly Buffer[], current: Protocol): LoginRequest | string {
  const [, version, ...rest] = args.map(String)
  if (version !== undefined && !/^\d+$/.test(version))
    return 'ERR Protocol version is not an integer or out of range'
  if (version !== undefined && version !== '2' && version !== '3')
    return 'NOPROTO unsupported protocol version'
  const login: LoginRequest = { protocol: version === undefined ? current : (Number(version) as Protocol) }
  for (let at = 0; at < rest.length; at++) {
    const option = rest[at]?.toLowerCase()
    const [first, second] = [rest[at + 1], rest[at + 2]]
    if (option === 'auth' && first !== undefined && second !== undefined) {
      Object.assign(login, { username: first, password: second })
      at += 2
    } else if (option === 'setname' && first !== undefined) {
      login.clientName = first
      at += 1
    } else return `ERR Syntax error in HELLO option '${rest[at]}'`
  }
  return login
}
