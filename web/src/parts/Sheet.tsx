import { CloseOutlined } from '@ant-design/icons'
import { useEffect, useId, useRef, type ReactNode } from 'react'
import { store } from '../api/store'
import { t } from '../words'

interface Props { open: boolean; onClose: () => void; title: ReactNode; children: ReactNode; footer?: ReactNode; width?: number; bare?: boolean; className?: string }

/** layers are the open sheets, the uppermost last: what must be reached above a sheet stands in it. */
export const layers = store<HTMLDialogElement[]>([])

/**
 * Sheet asks for something: a dialog on the desktop, a sheet from below on a
 * phone. It is the browser's own dialog, which holds the focus and needs no
 * style that the content security policy would refuse.
 */
export function Sheet(p: Props) {
  return p.open ? <Opened {...p} /> : null
}

/** written tells that somebody wrote sentences in a sheet: a tap beside it does not throw them away. */
const written = (d: HTMLDialogElement | null) => [...(d?.querySelectorAll('textarea') ?? [])].some(a => a.value.trim() !== '')

function Opened({ onClose, title, children, footer, width = 480, bare, className }: Props) {
  const box = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    const d = box.current
    const before = document.activeElement
    if (d && !d.open) d.showModal()
    d?.querySelector<HTMLElement>('[data-autofocus]')?.focus()
    document.documentElement.classList.add('locked')
    if (d) layers.set(l => [...l, d])
    return () => {
      layers.set(l => l.filter(x => x !== d))
      if (!document.querySelector('dialog[open] ~ dialog[open]')) document.documentElement.classList.remove('locked')
      if (before instanceof HTMLElement && before.isConnected) before.focus()
    }
  }, [])
  return (
    <dialog ref={box} className={['sheet', className].filter(Boolean).join(' ')} style={{ width }} aria-labelledby={id} onCancel={e => { e.preventDefault(); onClose() }}
      onMouseDown={e => { if (e.target === box.current && !written(box.current)) onClose() }}>
      <div className={bare ? 'sheet-box bare' : 'sheet-box'}>
        <div className={bare ? 'sr' : 'sheet-head'}><h2 id={id}>{title}</h2>{!bare && <button type="button" className="icon-btn" aria-label={t('web.act.close')} onClick={onClose}><CloseOutlined aria-hidden /></button>}</div>
        <div className="sheet-body">{children}{footer && <div className="sheet-foot">{footer}</div>}</div>
      </div>
    </dialog>
  )
}
