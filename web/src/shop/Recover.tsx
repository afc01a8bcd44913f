import { useState } from 'react'
import * as calls from '../api/calls'
import type { Member } from '../api/types'
import { Button } from '../parts/Button'
import { said } from '../parts/toast'
import { t } from '../words'
import { sayMoment } from '../words/time'
import { useAct } from './ask'
import { LinkShown } from './LinkShown'

/** Forgot makes the link by which somebody who forgot his password sets a new one. */
export function Forgot({ member, back }: { member: Member; back: () => void }) {
  const make = useAct('people', () => calls.recover(member.id))
  const name = member.name
  if (make.data) return <LinkShown link={make.data} note={t('web.recover.note', { name, at: sayMoment(make.data.expires) })} qr={t('web.recover.qr')} />
  return (
    <form className="form" onSubmit={e => { e.preventDefault(); make.mutate(undefined) }}>
      <h3 className="label">{t('web.recover.forgot')}</h3>
      <p>{t('web.recover.text', { name })}</p>
      <div className="form-foot"><Button onClick={back}>{t('web.act.cancel')}</Button><Button type="primary" htmlType="submit" loading={make.isPending}>{t('web.recover.go')}</Button></div>
    </form>
  )
}

/** LostFactor takes the second factor from somebody who lost phone and recovery codes; it asks whether it is him. */
export function LostFactor({ member, back, done }: { member: Member; back: () => void; done: () => void }) {
  const [sure, setSure] = useState(false)
  const name = member.name
  const reset = useAct('people', () => calls.resetFactor(member.id), () => { said(t('web.recover.lost_done', { name })); done() })
  return (
    <form className="form" onSubmit={e => { e.preventDefault(); if (sure) reset.mutate(undefined) }}>
      <h3 className="label">{t('web.recover.lost')}</h3>
      <p>{t('web.recover.lost_text', { name })}</p>
      <label className="row"><input type="checkbox" checked={sure} onChange={e => setSure(e.target.checked)} /> <span>{t('web.recover.lost_sure')}</span></label>
      <div className="form-foot"><Button onClick={back}>{t('web.act.cancel')}</Button><Button danger htmlType="submit" loading={reset.isPending} disabled={!sure}>{t('web.recover.lost_go', { name })}</Button></div>
    </form>
  )
}
