import type { ContextAPI, PropagationAPI, Tracer } from '@opentelemetry/api'
import { ConfigInvalidError } from '../base/errors.ts'

/** The OpenTelemetry API, with the SDK behind it. */
export interface Tracing {
  api: typeof import('@opentelemetry/api')
  tracer: Tracer
  context: ContextAPI
  propagation: PropagationAPI
  /** Sends the waiting spans and ends. */
  close(): Promise<void>
}

/** How long the end of a process waits for the last spans to be sent (in milliseconds). */
const CLOSE_MS = 1000
/** Deadline of an export, with its retries: a pending one keeps the process from ending (in milliseconds). */
const EXPORT_MS = 2000

/**
 * True when the standard OpenTelemetry environment variables request traces: an OTLP endpoint, or the exporter `otlp` by
 * name. `OTEL_SDK_DISABLED=true` and `OTEL_TRACES_EXPORTER=none` disable them.
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
 * Loads and starts the SDK when the environment requests traces; otherwise it loads nothing and returns null. The exporter
 * reads its own variables (`OTEL_EXPORTER_OTLP_*`). Throws `CONFIG_INVALID` when its packages are not installed.
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
        // Spans that no collector receives are lost; a missing collector is not a failure of the gateway.
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
      `The environment requests traces (OTEL_…), but the OpenTelemetry packages are not installed. Run \`npm install ${PACKAGES}\`, or set OTEL_SDK_DISABLED=true.`,
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
