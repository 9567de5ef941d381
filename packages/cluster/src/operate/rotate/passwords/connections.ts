import type { Guarded } from './guarded.ts'

/** Users whose connections are an application's. */
const APPLICATIONS = ['app', 'platform']
const PATIENCE_MS = 3000

/** The connections of applications to all processes, by process and number. */
export async function applicationConnections(processes: readonly Guarded[]): Promise<Set<string>> {
  const lists = await Promise.all(
    processes.map(async ({ name, asked, address }) => {
      const [list] = await asked.send(address, [['CLIENT', 'LIST']], PATIENCE_MS)
      return [...String(list).matchAll(/^id=(\d+) .* user=(\S+)/gm)]
        .filter(([, , user = '']) => APPLICATIONS.includes(user))
        .map(([, id]) => `${name}/${id}`)
    }),
  )
  return new Set(lists.flat())
}
