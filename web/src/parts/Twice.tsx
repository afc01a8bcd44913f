import { useState } from 'react'
import { t } from '../words'
import { Button } from './Button'

/** Twice asks again before what cannot be taken back: the sentence says what will happen, the second press does it, Esc leaves it. */
export function Twice({ label, ask, go, busy, size }: { label: string; ask: string; go: () => void; busy?: boolean; size?: 'small' | 'middle' }) {
  const [asked, setAsked] = useState(false)
  if (!asked) return <Button size={size} loading={busy} onClick={() => setAsked(true)}>{label}</Button>
  return (
    <div className="twice" role="group" aria-label={label} onKeyDown={e => { if (e.key === 'Escape') { e.preventDefault(); e.stopPropagation(); setAsked(false) } }}>
      <p className="f13">{ask}</p>
      <div className="row wrap"><Button autoFocus danger size={size} loading={busy} onClick={go}>{label}</Button><Button size={size} onClick={() => setAsked(false)}>{t('web.act.cancel')}</Button></div>
    </div>
  )
}
