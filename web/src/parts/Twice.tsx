import { useState } from 'react'
import { t } from '../words'
import { Button } from './Button'

const focus = (e: HTMLElement | null) => e?.focus()

/** Twice asks again before what cannot be taken back: the sentence says what will happen, the second press does it, Esc leaves it. The focus goes to the sentence: a key held down presses nothing. */
export function Twice({ label, ask, go, busy, size }: { label: string; ask: string; go: () => void; busy?: boolean; size?: 'small' | 'middle' }) {
  const [asked, setAsked] = useState<boolean>()
  if (!asked) return <Button autoFocus={asked === false} size={size} loading={busy} onClick={() => setAsked(true)}>{label}</Button>
  return (
    <div className="twice" role="group" aria-label={label} tabIndex={-1} ref={focus} onKeyDown={e => { if (e.key === 'Escape') { e.preventDefault(); e.stopPropagation(); setAsked(false) } }}>
      <p className="f13">{ask}</p>
      <div className="row wrap"><Button danger size={size} loading={busy} onClick={go}>{label}</Button><Button size={size} onClick={() => setAsked(false)}>{t('web.act.cancel')}</Button></div>
    </div>
  )
}
