/** Where one Redis or Sentinel process listens. */
export interface NodeAddress {
  host: string
  port: number
}

/** `host:port`, with IPv6 hosts in brackets. */
export function formatAddress({ host, port }: NodeAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
