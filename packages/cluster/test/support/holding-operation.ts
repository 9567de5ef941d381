import { setTimeout as sleep } from 'node:timers/promises'
import { exclusivelyHere } from '../../src/operate/lock.ts'

// Run as a process of its own: has an operation until it is killed.
const [operationFile = ''] = process.argv.slice(2)
await exclusivelyHere(operationFile, 'switchover', () => sleep(60_000))
