import { join } from 'node:path'
import type { TlsOptions } from '@holdfast/tokens/redis'
import { readTlsFiles } from '../redis/tls-files.ts'
import type { TlsFiles } from '../render/node-plan.ts'
import type { Topology } from '../topology/topology.ts'
import type { StateFolder } from './folder.ts'

/** Whose certificate the commands of this machine show. */
export const OPERATOR = 'operator'

/** Where the certificate of one process is that speaks TLS itself; null where none does. */
export function tlsFilesOf(topology: Topology, folder: StateFolder, holder: string): TlsFiles | null {
  return topology.transport === 'tls' ? issuedFiles(topology, folder, holder) : null
}

/** Where the certificate of that name is. */
export function issuedFiles(topology: Topology, folder: StateFolder, holder: string): TlsFiles {
  const of = (file: string) => join(folder.certificates, topology.name, file)
  return { authority: of('ca.crt'), certificate: of(`${holder}.crt`), key: of(`${holder}.key`) }
}

/** What the commands of this machine connect with; null where no process speaks TLS itself. Throws `STATE_UNUSABLE`. */
export async function readOperatorTls(topology: Topology, folder: StateFolder): Promise<TlsOptions | null> {
  const files = tlsFilesOf(topology, folder, OPERATOR)
  if (files === null) return null
  return readTlsFiles(files, 'Start the data centre by `holdfast up`: it issues what is missing.')
}
