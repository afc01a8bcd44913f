import type { ID, Plural, Rec } from '../api/types'
import { atOf } from '../cell/CellView'
import { MaskedValue } from '../cell/Masked'
import { Value } from '../cell/Value'
import type { Fact } from './facts'

/** FactView is one value of a record; what is masked says why in a line below. */
export function FactView({ fact, plural, id, names, quiet }: { fact: Fact; plural: Plural; id: ID; names?: Rec['names']; quiet?: boolean }) {
  const { field, seen } = fact
  if (seen.level === 'clear') return <Value field={field} value={seen.value} names={names} full />
  return (
    <>
      <MaskedValue seen={seen} field={field} at={atOf(plural, id)} names={names} />
      {!quiet && seen.reason && <small>{seen.reason.text}</small>}
    </>
  )
}
