/**
 * Number of blocks that the streams of a load are divided into: stream s is in block s modulo this. How much the blocks differ
 * gives the confidence intervals.
 */
export const blockCount = 10
