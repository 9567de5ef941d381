import { runGateway } from '../../src/index.ts'

/** Runs a gateway by the configuration file that is its argument, as the command does. */
try {
  await runGateway(process.argv[2] ?? '')
} catch (error) {
  const { code, message } = error as Error & { code?: string }
  console.error(code, message)
  process.exitCode = 1
}
