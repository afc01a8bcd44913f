import { Button } from './Button'
import type { ReactNode } from 'react'
import { ended } from '../api/client'
import { OFFLINE, problemOf } from '../api/problem'
import { has, t } from '../words'
import { Copy } from './Copy'

/** saidOf is the sentence of something that failed. */
export function saidOf(error: unknown): string {
  const p = problemOf(error)
  if (p.code === OFFLINE) return t('web.fault.offline')
  if (p.status === 401 && !p.law && ended.get()) return t('web.ended')
  if (p.body.detail) return p.body.detail
  const key = `web.fault.${p.code}`
  return has(key) ? t(key) : t('web.fault.internal')
}

/** Fault says what failed and what to do; the number lets the administrator find it. */
export function Fault({ error, retry, title, children }: { error: unknown; retry?: () => void; title?: string; children?: ReactNode }) {
  const p = problemOf(error)
  return (
    <div className="nothing" role="alert">
      <b>{title ?? (p.code === 'not_found' ? t('web.fault.not_found_title') : p.code === 'forbidden' ? t('web.fault.forbidden_title') : t('web.fault.title'))}</b>
      <p>{saidOf(error)}</p>
      {children}
      {retry && p.code !== 'not_found' && p.code !== 'forbidden' && <Button onClick={retry}>{t('web.act.retry')}</Button>}
      {p.request && <p className="f12 t3">{t('web.fault.request')} <span className="mono">{p.request}</span> <Copy text={p.request} /></p>}
    </div>
  )
}

/** Nothing says why a place is empty and offers one way on. */
export function Nothing({ title, children, action }: { title: ReactNode; children?: ReactNode; action?: ReactNode }) {
  return <div className="nothing"><b>{title}</b>{children && <p>{children}</p>}{action}</div>
}
