import { CheckCircleFilled, CloseOutlined, ExclamationCircleFilled } from '@ant-design/icons'
import { useEffect } from 'react'
import { createPortal } from 'react-dom'
import { isProblem } from '../api/problem'
import { queries } from '../api/queries'
import { store } from '../api/store'
import { t } from '../words'
import { Copy } from './Copy'
import { saidOf } from './Fault'
import { layers } from './Sheet'

interface Toast { id: number; text: string; bad: boolean; request: string; error?: unknown; undo?: () => void; more?: { label: string; act: () => void } }

const toasts = store<Toast[]>([])
let last = 0

const close = (id: number) => toasts.set(all => all.filter(x => x.id !== id))

function show(toast: Omit<Toast, 'id'>, ms: number) {
  const id = ++last
  toasts.set(all => [...all.slice(-2), { ...toast, id }])
  setTimeout(() => close(id), ms)
}

/** said tells that something is done. */
export const said = (text: string, more?: Toast['more']) => show({ text, bad: false, request: '', more }, more ? UNDO_MS : 4000)

/** failed tells that something is not done, and why. */
export function failed(error: unknown) {
  if (isProblem(error) && error.code === 'cancelled') return
  show({ text: saidOf(error), bad: true, request: isProblem(error) ? error.request : '', error }, 12_000)
}

/** asker is who asked: of a try the button or form that began it, of an error the one whose try failed. */
const asker = new WeakMap<object, object>()
const askerOf = (x: unknown) => (typeof x === 'object' && x !== null ? asker.get(x) : undefined)

/** watch takes away what was told of an earlier try once the same button or form tries again: it holds no longer. What others failed at stays. */
const watch = () => queries.getMutationCache().subscribe(e => {
  if (e.type === 'observerAdded') asker.set(e.mutation, e.observer)
  if (e.type !== 'updated') return
  const who = asker.get(e.mutation)
  if (!who) return
  if (e.action.type === 'error' && typeof e.action.error === 'object') asker.set(e.action.error, who)
  if (e.action.type === 'pending') toasts.set(all => (all.some(x => askerOf(x.error) === who) ? all.filter(x => askerOf(x.error) !== who) : all))
})

/** UNDO_MS is how long something can be taken back. */
export const UNDO_MS = 8000

/** undoable tells that something is about to be done and can be taken back meanwhile. */
export const undoable = (text: string, undo: () => void) => show({ text, bad: false, request: '', undo }, UNDO_MS)

/** Toasts is where they appear: at the foot, above an open sheet, read out by screen readers. */
export function Toasts() {
  const all = toasts.use()
  const top = layers.use().at(-1)
  useEffect(watch, [])
  const box = (
    <div className="toasts" aria-live="polite">
      {all.map(x => (
        <div key={x.id} className={x.bad ? 'toast bad' : 'toast'} role={x.bad ? 'alert' : undefined}>
          {x.bad ? <ExclamationCircleFilled aria-hidden /> : <CheckCircleFilled aria-hidden />}
          <span className="grow">{x.text}{x.request && <span className="f12 toast-id">{t('web.fault.request')} <span className="mono">{x.request}</span> <Copy text={x.request} /></span>}</span>
          {x.undo && <button type="button" className="linky" onClick={() => { x.undo?.(); close(x.id) }}>{t('web.act.undo')}</button>}
          {x.more && <button type="button" className="linky" onClick={() => { x.more?.act(); close(x.id) }}>{x.more.label}</button>}
          <button type="button" className="icon-btn sm" aria-label={t('web.act.close')} onClick={() => close(x.id)}><CloseOutlined aria-hidden /></button>
        </div>
      ))}
    </div>
  )
  return top ? createPortal(box, top) : box
}
