/** How much the text report shows below the original's block. */
export const reportDetails = ['short', 'full'] as const
/** One of `reportDetails`. */
export type ReportDetail = (typeof reportDetails)[number]
