// `startDataCentre` in a process of its own, which ends by itself when nothing is left to do; a signal ends it, too:
// node starting.ts STATE_DIR NETWORK [TRANSPORT]
import { resolveTopology, startDataCentre } from '../../src/index.ts'
import { startOptions } from './data-centre.ts'

const [, , stateDir = '', network = '', transport = 'plain'] = process.argv
const controller = new AbortController()
process.stdout.write('loaded\n')
process.once('SIGTERM', () => controller.abort())
try {
  const dataCentre = await startDataCentre({
    ...startOptions(stateDir, resolveTopology({ network, transport })),
    onProgress: ({ step, state }) => process.stdout.write(`${step} ${state}\n`),
    signal: controller.signal,
  })
  process.stdout.write('ready\n')
  await dataCentre.stopped
} catch (error) {
  process.stderr.write(`${error instanceof Error && 'code' in error ? error.code : ''} ${String(error)}\n`)
  // Not `process.exit`: what has been left open shows by a process that stays.
  process.exitCode = 1
}
