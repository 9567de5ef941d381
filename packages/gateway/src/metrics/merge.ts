import type { Metric } from '@holdfast/tokens'

/**
 * Merges the metrics of several processes: one family per name, with the number of the process as a label of every sample,
 * so that a counter never seems to decrease when another process answers. Pure.
 */
export function mergeMetrics(processes: readonly { number: number; metrics: readonly Metric[] }[]): Metric[] {
  const families = new Map<string, Metric>()
  for (const { number, metrics } of processes) {
    for (const metric of metrics) {
      const labelled = withLabel(metric, 'process', String(number))
      const family = families.get(metric.name)
      families.set(metric.name, family === undefined ? labelled : joined(family, labelled))
    }
  }
  return [...families.values()]
}

function joined(one: Metric, other: Metric): Metric {
  if (one.type === 'histogram') {
    return other.type === 'histogram' ? { ...one, samples: [...one.samples, ...other.samples] } : one
  }
  return other.type === 'histogram' ? one : { ...one, samples: [...one.samples, ...other.samples] }
}

function withLabel(metric: Metric, label: string, value: string): Metric {
  const add = <Sample extends { labels: Record<string, string> }>(sample: Sample): Sample => ({
    ...sample,
    labels: { ...sample.labels, [label]: value },
  })
  return metric.type === 'histogram'
    ? { ...metric, samples: metric.samples.map(add) }
    : { ...metric, samples: metric.samples.map(add) }
}
