import { runGateway } from '../../src/index.ts'

/** Runs a gateway with the configuration file in its argument, as the command does. */
try {
  await runGateway(process.argv[2] ?? '')
} catch (error) {
  const { code, message } = error as Error & { code?: string }
  console.error(code, message)
  process.exitCode = 1
}
