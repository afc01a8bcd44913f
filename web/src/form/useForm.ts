import { useEffect, useRef, useState } from 'react'
import { problemOf } from '../api/problem'
import type { Bare, Field } from '../api/types'
import { drafts } from '../api/unsaved'
import { changed, check, typedOf, type Typed } from './values'

/** useForm holds what is typed, what is wrong, and what differs from the beginning. A form with a draft's name finds again what was typed into it. */
export function useForm(fields: Field[], start: Record<string, Bare | undefined>, { hidden = [], draft = '' }: { hidden?: string[]; draft?: string } = {}) {
  const first = useRef<Typed>(undefined)
  first.current ??= Object.fromEntries(fields.map(f => [f.name, typedOf(f, start[f.name])]))
  const [typed, setTyped] = useState(drafts.get(draft) as Typed | undefined ?? first.current)
  const [found, setFound] = useState(drafts.has(draft))
  const over = useRef(false)
  const dirty = Object.keys(changed(fields, first.current, typed)).length > 0
  useEffect(() => {
    if (!draft || over.current) return
    if (dirty) drafts.set(draft, typed)
    else drafts.delete(draft)
  }, [draft, dirty, typed])
  const [errors, setErrors] = useState<Record<string, string>>({})
  const error = (name: string, message: string) => setErrors(old => ({ ...old, [name]: message }))
  return {
    typed,
    errors,
    /** found tells that it holds what was typed earlier. */
    found,
    /** clear begins anew. */
    clear() { setTyped(first.current ?? {}); setErrors({}); setFound(false) },
    /** saved forgets the draft. */
    saved() { over.current = true; drafts.delete(draft) },
    set(name: string, v: string | string[]) {
      setTyped(old => ({ ...old, [name]: v }))
      if (errors[name]) error(name, '')
    },
    /** blur checks one field when it is left; that it is empty is said on saving only. */
    blur: (f: Field) => { const v = typed[f.name] ?? ''; if (v.length > 0) error(f.name, check(f, v, hidden.includes(f.name))) },
    /** ready checks all shown fields; false moves the focus to the first fault. */
    ready(shown: Field[]): boolean {
      const found: Record<string, string> = {}
      for (const f of shown) {
        const e = check(f, typed[f.name] ?? '', hidden.includes(f.name))
        if (e) found[f.name] = e
      }
      setErrors(found)
      focusOn(Object.keys(found)[0])
      return Object.keys(found).length === 0
    },
    /** refuse shows the server's faults at their fields; it tells whether any belonged to one. */
    refuse(e: unknown): boolean {
      const found = problemOf(e).fields()
      const mine = Object.fromEntries(Object.entries(found).filter(([n]) => fields.some(f => f.name === n)))
      setErrors(mine)
      focusOn(Object.keys(mine)[0])
      return Object.keys(mine).length > 0
    },
    changes: () => changed(fields, first.current ?? {}, typed),
  }
}

export type Form = ReturnType<typeof useForm>

function focusOn(field: string | undefined) {
  if (!field) return
  requestAnimationFrame(() => document.querySelector<HTMLElement>(`[data-field="${field}"] :is(input, textarea, select)`)?.focus())
}
