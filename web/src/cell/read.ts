import type { Bare, Cell, Field, Level, Masked, Reason } from '../api/types'

/** Seen is one value as this person may see it. */
export interface Seen { value: Bare; level: Level; reason?: Reason }

const isMasked = (c: Cell): c is Masked => typeof c === 'object' && c !== null && !Array.isArray(c)

/** readCell opens a cell of a page: a bare value is clear, {v, m} says why it is not. */
export function readCell(cell: Cell, reasons: Reason[], field?: Field, mine?: boolean): Seen {
  if (!isMasked(cell)) return { value: cell ?? null, level: 'clear' }
  const reason = reasons[cell.m - 1]
  if (cell.v !== undefined && cell.v !== null && cell.v !== '') return { value: cell.v, level: 'masked', reason }
  const level = field && (mine ? field.own : field.other) === 'exists' ? 'exists' : 'none'
  return { value: null, level, reason }
}

/** isEmpty is true where a clear cell holds nothing. */
export const isEmpty = (v: Bare | undefined): boolean => v === null || v === undefined || v === '' || (Array.isArray(v) && v.length === 0)

/** plain is the text of a cell where no markup can stand, such as a label. */
export function plain(cell: Cell, reasons: Reason[]): string {
  const { value } = readCell(cell, reasons)
  return isEmpty(value) ? '' : Array.isArray(value) ? value.join(' ') : String(value)
}
