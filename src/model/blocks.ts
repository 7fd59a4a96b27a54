/**
 * Number of blocks that the streams of a load are divided into: stream s is in block s modulo this. The confidence intervals
 * are computed from the differences between blocks.
 */
export const blockCount = 10
