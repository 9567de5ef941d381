import type { ListenOptions, Server } from 'node:net'

/** Listens at an address, a Unix socket or an inherited descriptor, and returns the port: 0 without one. Throws the error of the system. */
export async function listen(server: Server, where: ListenOptions | { fd: number }): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(where, () => resolve())
  })
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}
