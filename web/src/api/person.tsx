import { createContext, useContext } from 'react'
import type { Act, Choice, Field, ID, Me, ObjectDef, Plural, Schema } from './types'

/** A Person is who is signed in together with the schema she works with. */
export interface Person { me: Me; schema: Schema }

export const PersonContext = createContext<Person | undefined>(undefined)

/** usePerson is valid below the shell, which waits until both are read. */
export function usePerson(): Person {
  const p = useContext(PersonContext)
  if (!p) throw new Error('no person')
  return p
}

export const useMe = () => usePerson().me
export const useCan = (act: Act) => usePerson().me.can.includes(act)

export function useObject(plural: Plural): ObjectDef {
  const o = usePerson().schema.objects.find(x => x.plural === plural)
  return o ?? { name: plural, plural, label: plural, fields: [] }
}

export const fieldOf = (o: ObjectDef, name: string): Field | undefined => o.fields.find(f => f.name === name)

/** useMembers maps a member's id to the name. */
export function useMemberName(): (id: ID) => string {
  const members = usePerson().schema.members
  return id => members.find(m => m.id === id)?.name ?? '—'
}

export const labelOf = (choices: Choice[] | undefined, code: string): string => choices?.find(c => c.code === code)?.label ?? code

/** isShop says that the light face is shown: few menu entries, no purpose. */
export const isShop = (me: Me) => me.org.size === 'shop'

/** isMall says that the office of a mall or an alliance is at work: it looks after members, and customers are theirs. */
export const isMall = (me: Me) => me.org.size === 'mall'
