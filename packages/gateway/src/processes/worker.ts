import { HoldfastError } from '@holdfast/tokens'
import { GatewayError } from '../errors.ts'
import { serve } from '../run.ts'
import { joinServing } from './serving.ts'

/** One of several processes of a gateway: started by `runProcesses` alone. */
const [configFile = '', fd] = process.argv.slice(2)
const serving = joinServing()
try {
  await serve(configFile, { serving, fd: fd === undefined ? undefined : Number(fd) })
} catch (error) {
  // What is not ours is a flaw: it ends this process, and the next one may do better.
  if (!(error instanceof GatewayError || error instanceof HoldfastError)) throw error
  serving.tell({ type: 'failed', code: error.code, message: error.message })
  process.exitCode = 1
} finally {
  process.disconnect()
}
