/** Which tables are too small for an index to matter. */

/** Tables with fewer rows are read whole about as fast as by an index. */
export const LEAST_ROWS = 500;
