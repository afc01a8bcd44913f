import { Link } from '@tanstack/react-router'
import type { Field, ID } from '../api/types'
import type { Listed } from '../router'
import { MaskedText, Why } from './Masked'
import { Value } from './Value'
import type { Seen } from './read'

/** NameLink leads to a record by its name; the lock of a masked name stands beside the link, not in it. */
export function NameLink({ plural, id, seen, field, names, className }: { plural: Listed; id: ID; seen: Seen; field: Field; names?: Record<string, string>; className?: string }) {
  const clear = seen.level === 'clear'
  return (
    <>
      <Link className={className} to="/$plural/$id" params={{ plural, id }}>{clear ? <Value field={field} value={seen.value} names={names} /> : <MaskedText seen={seen} field={field} names={names} />}</Link>
      {!clear && seen.reason && <Why reason={seen.reason} field={field} />}
    </>
  )
}
