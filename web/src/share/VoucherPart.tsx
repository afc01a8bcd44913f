import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useMe } from '../api/person'
import { queries } from '../api/queries'
import * as calls from '../api/calls'
import { Button } from '../parts/Button'
import { Copy } from '../parts/Copy'
import { saidOf } from '../parts/Fault'
import { Head } from '../parts/Section'
import { Line } from '../parts/Typing'
import { OnPhone } from '../shell/demo'
import { Read, useAct } from '../shop/ask'
import { named, t, tn } from '../words'
import { sayMoment } from '../words/time'
import { useNeedWord } from './NeedWord'

/** VoucherPart takes vouchers 到店券, shows the counter's code and what recommendations brought. */
export function VoucherPart() {
  const me = useMe()
  return (
    <>
      <Redeem />
      {me.can.includes('admin') && <Counter />}
      {me.can.includes('move') && <Credits />}
    </>
  )
}

function Redeem() {
  const [code, setCode] = useState('')
  const word = useNeedWord()
  const take = useMutation({ mutationFn: () => calls.redeem(code), onSuccess: () => { setCode(''); void queries.invalidateQueries({ queryKey: ['credits'] }) } })
  return (
    <section>
      <Head title={t('web.share.redeem')} />
      <form className="share-form" onSubmit={e => { e.preventDefault(); if (code.trim()) take.mutate() }}>
        <label className="field"><span className="label">{t('web.share.redeem_code')}</span><Line value={code} onChange={e => setCode(e.target.value.toUpperCase())} placeholder="ABCD-2345" maxLength={12} autoComplete="off" autoCapitalize="characters" spellCheck={false} /></label>
        <Button type="primary" htmlType="submit" loading={take.isPending} disabled={code.trim().length < 8}>{t('web.share.redeem_go')}</Button>
        {take.isError && <p className="form-err" role="alert">{saidOf(take.error)}</p>}
        {take.data && <p className="note-box ok" role="status">{t('web.share.redeemed', { shop: take.data.from, need: word(take.data.need) })}</p>}
        <p className="f12 t3">{t('web.share.redeem_note')}</p>
      </form>
    </section>
  )
}

function Counter() {
  const make = useAct('counter', calls.counter)
  return (
    <section>
      <Head title={t('web.share.counter')} />
      <div className="share-form">
        <p className="t2 f13">{t('web.share.counter_text')}</p>
        {make.data
          ? <div className="once printable"><img className="qr" src={make.data.qr} alt={t('web.share.counter')} width={240} height={240} /><div className="row wrap"><Copy text={make.data.url} label={t('web.people.copy_link')} /><OnPhone words={make.data.url} /></div><p className="f12 t3">{t('web.share.counter_until', { at: sayMoment(make.data.expires) })}</p><Button onClick={() => print()}>{t('web.act.print')}</Button></div>
          : <div><Button loading={make.isPending} onClick={() => make.mutate(undefined)}>{t('web.share.counter_make')}</Button></div>}
        <p className="f12 t3">{t('web.share.counter_note')}</p>
      </div>
    </section>
  )
}

function Credits() {
  return (
    <section>
      <Head title={t('web.share.credits')} />
      <Read of="credits" read={calls.credits}>
        {c => c.credits.length === 0 ? <p className="share-form t3 f13">{t('web.share.credits_none')}</p> : (
          <ul className="arrivals">{c.credits.map(x => (
            <li key={`${x.shop}${x.mine}${x.kind}${x.month}`} className="arrival-head credit">
              <span className="grow">{t(x.mine ? 'web.share.credit_mine' : 'web.share.credit_theirs', { shop: x.shop, month: x.month })}<span className="t3"> {named('credit', x.kind)}</span></span>
              <b>{tn('web.share.credit_n', x.n)}</b>
            </li>
          ))}</ul>
        )}
      </Read>
    </section>
  )
}
