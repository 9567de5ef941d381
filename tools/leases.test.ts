import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { Readable } from 'node:stream'
import { findFreePorts } from '@holdfast/testing/leases'
import { expect, it, onTestFinished } from 'vitest'

/** Leases 250 ports and 5 networks, prints them, and holds them until its input ends. */
const LEASING = `
import { findFreePorts, leaseNetworks } from ${JSON.stringify(import.meta.resolve('@holdfast/testing/leases'))}
console.log(JSON.stringify([...await findFreePorts(250), ...await leaseNetworks(5)]))
process.stdin.resume()
`

it('no two processes lease the same port or network at the same time', async () => {
  const processes = Array.from({ length: 4 }, () =>
    spawn(process.execPath, ['--input-type=module', '--eval', LEASING], {
      stdio: ['pipe', 'pipe', 'inherit'],
    }),
  )
  onTestFinished(() => {
    for (const { stdin } of processes) stdin.end()
  })
  const leased = await Promise.all(processes.map(({ stdout }) => firstLine(stdout)))
  const all = leased.flatMap((line) => JSON.parse(line) as (number | string)[])
  expect(all).toHaveLength(4 * 255)
  expect(new Set(all).size).toBe(all.length)
})

async function firstLine(stdout: Readable): Promise<string> {
  let text = ''
  while (!text.includes('\n')) text += String((await once(stdout, 'data'))[0])
  return text
}

it('a port that a process left behind uses at another address is not leased', async () => {
  const [port = 0] = await findFreePorts(1)
  const left = createServer()
  await once(left.listen(port + 1, '127.0.0.77'), 'listening')
  onTestFinished(() => {
    left.close()
  })
  expect(await findFreePorts(3)).not.toContain(port + 1)
})
