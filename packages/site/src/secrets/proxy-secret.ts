/** The name by which rotations and findings call the password of a Redis user of proxied clients. */
export const proxySecret = (user: string): ProxySecret => `proxy:${user}`

export type ProxySecret = `proxy:${string}`

/** The Redis user of a password with such a name. Null: it is the name of another password. */
export const proxyUserOf = (secret: string): string | null =>
  secret.startsWith('proxy:') ? secret.slice('proxy:'.length) : null
