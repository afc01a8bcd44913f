import { useCallback, useEffect, useLayoutEffect, useRef, useState, type ReactElement, type ReactNode, type RefObject } from 'react'
import { createPortal } from 'react-dom'

interface Opener { 'aria-expanded': boolean; 'aria-haspopup': 'dialog'; onClick: () => void }
type Place = 'bottomLeft' | 'bottomRight' | 'topLeft'

/** Pop is a small panel that hangs on a button: it takes the focus, Esc and Tab past its end give it back. */
export function Pop({ label, button, children, place = 'bottomLeft' }: { label: string; button: (o: Opener, open: boolean) => ReactElement; children: (close: () => void) => ReactNode; place?: Place }) {
  const [open, setOpen] = useState(false)
  const at = useRef<HTMLSpanElement>(null)
  const close = useCallback(() => {
    setOpen(false)
    at.current?.querySelector('button')?.focus()
  }, [])
  return (
    <span ref={at} className="pop-at">
      {button({ 'aria-expanded': open, 'aria-haspopup': 'dialog', onClick: () => setOpen(o => !o) }, open)}
      {open && createPortal(<Panel at={at} label={label} place={place} close={close} dismiss={() => setOpen(false)}>{children(close)}</Panel>, at.current?.closest('dialog, .shell') ?? document.body)}
    </span>
  )
}

const GAP = 6, EDGE = 8

/** usePlace keeps a panel beside its button and inside the window. */
function usePlace(at: RefObject<HTMLElement | null>, panel: RefObject<HTMLElement | null>, place: Place) {
  useLayoutEffect(() => {
    const p = panel.current
    if (!p) return
    const put = () => {
      const b = at.current?.getBoundingClientRect()
      if (!b) return
      const w = p.offsetWidth, h = p.offsetHeight
      const left = place === 'bottomRight' ? b.right - w : b.left
      const below = b.bottom + GAP, above = b.top - GAP - h
      const top = place === 'topLeft' ? (above >= EDGE ? above : below) : below + h <= innerHeight - EDGE || above < EDGE ? below : above
      p.style.left = `${Math.max(EDGE, Math.min(left, innerWidth - EDGE - w))}px`
      p.style.top = `${Math.max(EDGE, Math.min(top, innerHeight - EDGE - h))}px`
    }
    put()
    const watch = new ResizeObserver(put)
    watch.observe(p)
    addEventListener('resize', put)
    addEventListener('scroll', put, true)
    return () => { watch.disconnect(); removeEventListener('resize', put); removeEventListener('scroll', put, true) }
  }, [at, panel, place])
}

const STOPS = 'button:not(:disabled), a[href], input:not(:disabled), select:not(:disabled), textarea:not(:disabled), [tabindex="0"]'

function Panel({ at, label, place, close, dismiss, children }: { at: RefObject<HTMLElement | null>; label: string; place: Place; close: () => void; dismiss: () => void; children: ReactNode }) {
  const box = useRef<HTMLDivElement>(null)
  usePlace(at, box, place)
  useEffect(() => {
    box.current?.focus({ preventScroll: true })
    const pressed = (e: PointerEvent) => {
      const to = e.target as Node
      if (!box.current?.contains(to) && !at.current?.contains(to)) dismiss()
    }
    document.addEventListener('pointerdown', pressed)
    return () => document.removeEventListener('pointerdown', pressed)
  }, [])
  const key = (e: React.KeyboardEvent) => {
    e.stopPropagation()
    if (e.key === 'Escape') { e.preventDefault(); e.nativeEvent.stopImmediatePropagation(); return close() }
    if (e.key !== 'Tab') return
    const stops = [...(box.current?.querySelectorAll<HTMLElement>(STOPS) ?? [])]
    const end = e.shiftKey ? stops[0] : stops.at(-1)
    if (stops.length === 0 || document.activeElement === end || (e.shiftKey && document.activeElement === box.current)) { e.preventDefault(); close() }
  }
  return <div ref={box} role="dialog" aria-label={label} tabIndex={-1} className="pop" onKeyDown={key} onClick={e => e.stopPropagation()}>{children}</div>
}
