import type { Batch, Outcome } from '../api/types'

/** OUTCOMES are what can become of a row, in the order they are shown; they add up to the rows. */
export const OUTCOMES: Outcome[] = ['new', 'same', 'unchanged', 'review', 'refused', 'aside']

export const countOf = (b: Batch, o: Outcome): number => b.counts.find(c => c.outcome === o)?.n ?? 0

/** importable is how many rows will be written. */
export const importable = (b: Batch): number => countOf(b, 'new') + countOf(b, 'same')

/** The colour of an outcome: one hue by how much comes of it, amber for what waits, grey for what stays out. */
export const COLOURS: Record<Outcome, string> = { new: 'var(--p)', same: 'var(--p3)', unchanged: 'var(--p1)', review: 'var(--am)', refused: 'var(--t3)', aside: 'var(--ctl)' }
