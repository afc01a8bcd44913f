import { useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Button } from '../parts/Button'
import { useState } from 'react'
import * as calls from '../api/calls'
import { useMe } from '../api/person'
import { afterMe } from '../api/queries'
import type { LookupAnswer, LookupKind } from '../api/types'
import { saidOf } from '../parts/Fault'
import { Line } from '../parts/Typing'
import { t } from '../words'

/** kindOf tells what a value is by its look. */
function kindOf(s: string): LookupKind {
  if (s.includes('@')) return 'email'
  if (/^[0-9A-HJ-NP-RT-UW-Y]{18}$/i.test(s)) return 'uscc'
  if (/^\+?[\d\s()-]{7,20}$/.test(s)) return 'phone'
  return 'wechat'
}

/** LookupBox answers one question 查重: is this number known? Nothing more. */
export function LookupBox() {
  const budget = useMe().budget.lookup
  const [text, setText] = useState('')
  const value = text.normalize('NFKC').trim()
  const ask = useMutation({ mutationFn: () => calls.lookup(kindOf(value), value), onSuccess: afterMe })
  return (
    <form className="side-box lookup" onSubmit={e => { e.preventDefault(); if (value.length >= 5) ask.mutate() }}>
      <label className="label" htmlFor="lookup">{t('web.lookup.title')}<span className="opt">{t('web.lookup.why')}</span></label>
      <div className="row">
        <Line id="lookup" autoComplete="off" maxLength={200} placeholder={t('web.lookup.hint')} value={text} onChange={e => { setText(e.target.value); ask.reset() }} aria-describedby="lookup-note" />
        <Button htmlType="submit" loading={ask.isPending} disabled={value.length < 5}>{t('web.lookup.go')}</Button>
      </div>
      <div id="lookup-note" role="status" className="f13">
        {ask.isError ? <span className="no">{saidOf(ask.error)}</span> : ask.data ? <Answer a={ask.data} /> : <span className="f12 t3">{t('web.lookup.note', { used: budget.used, limit: budget.limit })}</span>}
      </div>
    </form>
  )
}

function Answer({ a }: { a: LookupAnswer }) {
  if (a.answer === 'none') return <span>{t('web.lookup.none')}</span>
  if (a.answer === 'mine') return <span>{t('web.lookup.mine')} {a.id && <Link to="/$plural/$id" params={{ plural: 'customers', id: a.id }}>{t('web.lookup.open')}</Link>}</span>
  return <span>{a.owner ? t('web.lookup.owned', { name: a.owner }) : a.ask ? t('web.lookup.ask', { name: a.ask }) : t('web.lookup.exists')}</span>
}
