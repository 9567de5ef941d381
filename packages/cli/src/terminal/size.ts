/** The size of a terminal that tells none: that of the VT100, which serial consoles and scripts have to this day. */
const USUAL = { columns: 80, rows: 24 }

/** The columns and rows of a terminal. One without a known size says 0 (`ioctl(TIOCGWINSZ)`), and a pipe says nothing. */
export const sizeOf = ({ columns, rows }: { columns?: number; rows?: number }) => ({
  columns: columns || USUAL.columns,
  rows: rows || USUAL.rows,
})
