import { useEffect, useRef } from 'react'

const inField = (el: EventTarget | null) =>
  el instanceof HTMLElement && (el.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(el.tagName))

/** holdsText tells that something is typed where a key was pressed: Esc does not leave it. */
export const holdsText = (el: EventTarget | null) => (el instanceof HTMLTextAreaElement || el instanceof HTMLInputElement) && el.value !== ''

/** covered tells whether a dialog or sheet lies over the page: keys are its own then. */
const covered = () => document.querySelector('dialog[open]') !== null

/** useKeys gives keys of the page a meaning; none is taken from a field or a dialog. */
export function useKeys(keys: Record<string, (e: KeyboardEvent) => void>, on = true) {
  const latest = useRef(keys)
  latest.current = keys
  useEffect(() => {
    if (!on) return
    const pressed = (e: KeyboardEvent) => {
      if (e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey || e.isComposing || covered()) return
      if (inField(e.target) && e.key !== 'Escape') return
      const act = latest.current[e.key.length === 1 ? e.key.toLowerCase() : e.key]
      if (act) act(e)
    }
    document.addEventListener('keydown', pressed)
    return () => document.removeEventListener('keydown', pressed)
  }, [on])
}
