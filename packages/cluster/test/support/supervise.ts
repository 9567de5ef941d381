// Runs a supervisor in a separate process, for tests that kill it: node supervise.ts STATE_DIR NETWORK
import { resolveTopology, startDataCentre } from '../../src/index.ts'
import { startOptions } from './data-centre.ts'

const [, , stateDir = '', network = ''] = process.argv
const dataCentre = await startDataCentre(startOptions(stateDir, resolveTopology({ network })))
process.stdout.write('ready\n')
await dataCentre.stopped
