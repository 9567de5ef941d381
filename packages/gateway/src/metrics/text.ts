import type { Metric } from '@holdfast/tokens'

/** The media type of the Prometheus text format. */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** Formats metrics in the Prometheus text format (prometheus.io, "Exposition formats"). Pure. */
export function metricsText(metrics: readonly Metric[]): string {
  return metrics.map(familyText).join('')
}

function familyText(metric: Metric): string {
  const { name, help, type } = metric
  const lines = [`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} ${type}`]
  if (metric.type === 'histogram') {
    for (const { labels, buckets, count, sumSeconds } of metric.samples) {
      for (const bucket of buckets) {
        lines.push(
          sample(`${name}_bucket`, { ...labels, le: numberText(bucket.atMostSeconds) }, bucket.count),
        )
      }
      lines.push(
        sample(`${name}_bucket`, { ...labels, le: '+Inf' }, count),
        sample(`${name}_sum`, labels, sumSeconds),
        sample(`${name}_count`, labels, count),
      )
    }
  } else {
    for (const { labels, value } of metric.samples) lines.push(sample(name, labels, value))
  }
  return `${lines.join('\n')}\n`
}

function sample(name: string, labels: Readonly<Record<string, string>>, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`)
  return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${numberText(value)}`
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  return String(value)
}

const escapeHelp = (text: string) => text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')
const escapeLabel = (text: string) => escapeHelp(text).replace(/"/g, '\\"')
