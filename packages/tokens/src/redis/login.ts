import type { ConnectionOptions } from './connection.ts'
import type { TlsOptions } from './tls.ts'

/** How this process authenticates to one server. */
export interface Login {
  username?: string | undefined
  password?: string | undefined
  tls?: TlsOptions | undefined
}

/** How this process authenticates to the nodes and the Sentinels of a group. */
export interface GroupLogin extends Login {
  sentinelUsername?: string | undefined
  sentinelPassword?: string | undefined
  /** Whether the Sentinels use `tls`, too. Default is true. */
  sentinelTls?: boolean | undefined
}

/** Returns the same options with another login. */
export function withLogin<T extends ConnectionOptions>(options: T, { username, password, tls }: Login): T {
  const { username: _username, password: _password, tls: _tls, ...others } = options
  return {
    ...others,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls === undefined ? {} : { tls }),
  } as T
}

export const nodeLogin = ({ username, password, tls }: GroupLogin): Login => ({ username, password, tls })

export const sentinelLogin = ({
  sentinelUsername,
  sentinelPassword,
  sentinelTls = true,
  tls,
}: GroupLogin): Login => ({
  username: sentinelUsername,
  password: sentinelPassword,
  tls: sentinelTls ? tls : undefined,
})
