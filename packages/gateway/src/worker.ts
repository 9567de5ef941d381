import { HoldfastError } from '@holdfast/tokens'
import { GatewayError } from './base/errors.ts'
import { joinServing } from './processes/serving.ts'
import { serve } from './run.ts'

/** One of several processes of a gateway. Only `runProcesses` starts it. */
const [configFile = '', fd] = process.argv.slice(2)
const serving = joinServing()
try {
  await serve(configFile, { serving, fd: fd === undefined ? undefined : Number(fd) })
} catch (error) {
  // Any other error is a bug: it ends this process, and the next one may work.
  if (!(error instanceof GatewayError || error instanceof HoldfastError)) throw error
  serving.send({ type: 'failed', code: error.code, message: error.message })
  process.exitCode = 1
} finally {
  process.disconnect()
}
