/** How many sessions the list shows at most without `--limit`. */
export const DEFAULT_LIMIT = 100
