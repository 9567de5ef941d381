import type { ContextAPI, PropagationAPI, Tracer } from '@opentelemetry/api'
import { ConfigInvalidError } from '../errors.ts'

/** What requests are traced with: the API of OpenTelemetry, behind which the SDK works. */
export interface Tracing {
  api: typeof import('@opentelemetry/api')
  tracer: Tracer
  context: ContextAPI
  propagation: PropagationAPI
  /** Sends what waits, and ends. */
  close(): Promise<void>
}

/** How long the end of a process waits for the last spans to be sent (in milliseconds). */
const CLOSE_MS = 1000
/** After so long an export is given up, with its tries: one under way keeps the process from ending (in milliseconds). */
const EXPORT_MS = 2000

/**
 * True when the standard environment variables of OpenTelemetry ask for traces: an endpoint for OTLP, or the exporter
 * `otlp` by name. `OTEL_SDK_DISABLED=true` and `OTEL_TRACES_EXPORTER=none` say no.
 */
export function tracingIsWanted(environment: NodeJS.ProcessEnv): boolean {
  if (environment['OTEL_SDK_DISABLED']?.toLowerCase() === 'true') return false
  const exporter = environment['OTEL_TRACES_EXPORTER']
  if (exporter !== undefined && exporter !== '') return exporter.split(',').includes('otlp')
  return Boolean(
    environment['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? environment['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'],
  )
}

/**
 * Loads the SDK and starts it when the environment asks for traces; else loads nothing and answers null. The exporter reads
 * its own variables (`OTEL_EXPORTER_OTLP_*`). Throws `CONFIG_INVALID` when its packages are not installed.
 */
export async function openTracing(
  about: { name: string; dataCentre: string },
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Tracing | null> {
  if (!tracingIsWanted(environment)) return null
  const [api, sdk, { OTLPTraceExporter }, { AsyncLocalStorageContextManager }, core, resources] =
    await loadPackages()
  const provider = new sdk.TracerProvider({
    resource: resources.resourceFromAttributes({
      'service.name': environment['OTEL_SERVICE_NAME'] ?? 'holdfast-gateway',
      'service.instance.id': about.name,
      'holdfast.data_centre': about.dataCentre,
    }),
    spanProcessors: [
      new sdk.BatchSpanProcessor({ exporter: new OTLPTraceExporter({ timeoutMillis: EXPORT_MS }) }),
    ],
  })
  api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  api.propagation.setGlobalPropagator(new core.W3CTraceContextPropagator())
  return {
    api,
    tracer: provider.getTracer('@holdfast/gateway'),
    context: api.context,
    propagation: api.propagation,
    async close() {
      const { promise: late, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, CLOSE_MS)
      try {
        // Spans that no collector takes are lost; that a collector is away is no failure of the gateway.
        await Promise.race([provider.shutdown().catch(() => {}), late])
      } finally {
        clearTimeout(timer)
      }
    },
  }
}

async function loadPackages() {
  try {
    return await Promise.all([
      import('@opentelemetry/api'),
      import('@opentelemetry/sdk-trace'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/context-async-hooks'),
      import('@opentelemetry/core'),
      import('@opentelemetry/resources'),
    ])
  } catch (error) {
    throw new ConfigInvalidError(
      `The environment asks for traces (OTEL_…), and the packages of OpenTelemetry are not installed; run \`npm install ${PACKAGES}\`, or set OTEL_SDK_DISABLED=true.`,
      { cause: error },
    )
  }
}

const PACKAGES = [
  '@opentelemetry/api',
  '@opentelemetry/sdk-trace',
  '@opentelemetry/exporter-trace-otlp-http',
  '@opentelemetry/context-async-hooks',
  '@opentelemetry/core',
  '@opentelemetry/resources',
].join(' ')
