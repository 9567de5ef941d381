import type { Claims } from '@holdfast/tokens'

/**
 * True when a token with these claims may be used with this client; null is the gateway itself, with all applications behind
 * its proxies. A token without an audience may be used everywhere. A token with one, the claim `aud` (RFC 7519, section
 * 4.1.3), is for the clients that it names: none of them can use it at the gateway or at another client. Every place that
 * accepts a token asks this function.
 * INV-GATEWAY-40.
 */
export function isMeantFor({ aud }: Claims, client: string | null): boolean {
  if (aud === undefined) return true
  return client !== null && (Array.isArray(aud) ? aud : [aud]).includes(client)
}

/** The claim that limits a token to one client. */
export const audienceClaim = (client: string | undefined): Claims =>
  client === undefined ? {} : { aud: client }
