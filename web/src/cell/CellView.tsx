import type { Field, ID, Plural, Reason, Row } from '../api/types'
import { MaskedValue } from './Masked'
import { readCell } from './read'
import { Value } from './Value'

/** atOf says where a full value may be asked for: only persons have any. */
export const atOf = (plural: Plural, id: ID) => (plural === 'customers' || plural === 'contacts' ? { plural, id } : undefined)

/** CellView is one cell of a list. */
export function CellView({ plural, row, field, reasons, names }: { plural: Plural; row: Row; field: Field; reasons: Reason[]; names?: Record<string, string> }) {
  const seen = readCell(row.cells[field.name], reasons, field, row.mine)
  if (seen.level === 'clear') return <Value field={field} value={seen.value} names={names} />
  return <MaskedValue seen={seen} field={field} at={atOf(plural, row.id)} names={names} />
}
