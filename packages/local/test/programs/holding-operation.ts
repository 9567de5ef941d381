import { setTimeout as sleep } from 'node:timers/promises'
import { exclusivelyHere } from '../../src/state/lock.ts'

// Run as a separate process: it holds the operations' lock until it is killed.
const [operationFile = ''] = process.argv.slice(2)
await exclusivelyHere(operationFile, 'switchover', () => sleep(60_000))
