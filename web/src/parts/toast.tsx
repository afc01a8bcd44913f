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

interface Toast { id: number; text: string; bad: boolean; request: string; undo?: () => void; more?: { label: string; act: () => void } }

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
  show({ text: saidOf(error), bad: true, request: isProblem(error) ? error.request : '' }, 12_000)
}

/** settle takes away what was told of an earlier try: with the next one it holds no longer. */
const settle = () => toasts.set(all => (all.some(x => x.bad) ? all.filter(x => !x.bad) : all))

/** UNDO_MS is how long something can be taken back. */
export const UNDO_MS = 8000

/** undoable tells that something is about to be done and can be taken back meanwhile. */
export const undoable = (text: string, undo: () => void) => show({ text, bad: false, request: '', undo }, UNDO_MS)

/** Toasts is where they appear: at the foot, above an open sheet, read out by screen readers. */
export function Toasts() {
  const all = toasts.use()
  const top = layers.use().at(-1)
  useEffect(() => queries.getMutationCache().subscribe(e => { if (e.type === 'updated' && e.action.type === 'pending') settle() }), [])
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
