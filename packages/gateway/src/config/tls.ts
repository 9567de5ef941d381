import type { TlsOptions } from '@holdfast/tokens'
import { readPublicFile, readServiceFile } from '../files/private.ts'
import type { TlsFiles } from './schema.ts'

/** Reads the files of TLS. Throws `FILE_UNUSABLE`, also when others may read the key than a group of root's. */
export async function readTls({ caFile, certFile, keyFile, servername }: TlsFiles): Promise<TlsOptions> {
  const [ca, cert, key] = await Promise.all([
    readPublicFile(caFile, 'authority certificate'),
    certFile === undefined ? undefined : readPublicFile(certFile, 'certificate'),
    keyFile === undefined ? undefined : readServiceFile(keyFile, 'private key'),
  ])
  return {
    ca,
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(servername === undefined ? {} : { servername }),
  }
}
