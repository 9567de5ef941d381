import { readFile } from 'node:fs/promises'
import { ClusterError } from '@holdfast/site/errors'
import type { TlsFiles } from '@holdfast/site/render/node-plan'
import type { TlsOptions } from '@holdfast/tokens/redis'

/** Reads a certificate, its key and the authority's certificate. Throws `STATE_UNUSABLE`, with the `remedy`. */
export async function readTlsFiles(
  { authority, certificate, key: keyFile }: TlsFiles,
  remedy: string,
): Promise<TlsOptions> {
  try {
    const [ca, cert, key] = await Promise.all([readFile(authority), readFile(certificate), readFile(keyFile)])
    return { ca, cert, key }
  } catch (cause) {
    throw new ClusterError(
      'STATE_UNUSABLE',
      `Cannot read the certificate of this host from ${certificate}. ${remedy}`,
      { cause },
    )
  }
}
