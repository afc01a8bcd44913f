import { useSyncExternalStore } from 'react'

const query = (q: string) => {
  const m = matchMedia(q)
  const watch = (w: () => void) => { m.addEventListener('change', w); return () => m.removeEventListener('change', w) }
  return () => useSyncExternalStore(watch, () => m.matches)
}

/** useNarrow is true on a phone: bottom tabs, cards, sheets. */
export const useNarrow = query('(max-width: 767px)')

/** useMedium is true where there is no room for three columns. */
export const useMedium = query('(max-width: 1179px)')

/** canDial is true where a tel: link makes sense: a touch screen without mouse. */
export const canDial = () => matchMedia('(pointer: coarse) and (hover: none)').matches
