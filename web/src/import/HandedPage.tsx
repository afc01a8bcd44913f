import { useMutation, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import * as calls from '../api/calls'
import { useCan } from '../api/person'
import { faultOf, put, queries } from '../api/queries'
import type { HandedAnswer, ReviewItem } from '../api/types'
import { Button } from '../parts/Button'
import { Fault, Nothing } from '../parts/Fault'
import { Wait } from '../parts/Wait'
import { failed } from '../parts/toast'
import { Forbidden } from '../shell/Lost'
import { Page } from '../shell/Page'
import { t, tn } from '../words'
import { dayOf, sayDay } from '../words/time'
import { OneRow } from './OneRow'
import './import.css'

/** HandedPage shows rows of colleagues' lists that are about one's own customers: taken in, or destroyed. */
export default function HandedPage() {
  const may = useCan('edit')
  const q = useQuery({ queryKey: ['handed'], queryFn: calls.handed, enabled: may })
  const judge = useMutation({
    mutationFn: ({ item, answer }: { item: ReviewItem; answer: HandedAnswer }) => calls.judgeHanded(item.batch, item.id, answer),
    onSuccess: async r => { await put(['handed'], r); void queries.invalidateQueries({ queryKey: ['today'] }) }, onError: failed,
  })
  const item = q.data?.items[0]
  if (!may) return <Forbidden title={t('web.handed.title')} />
  return (
    <Page title={t('web.handed.title')} back="/" sub={q.data && q.data.left > 0 ? <span className="nw">{tn('web.review.left', q.data.left)}</span> : undefined} bare>
      {faultOf(q) ? <Fault error={q.error} retry={() => void q.refetch()} /> : !q.data ? <Wait rows={8} />
        : !item ? <Nothing title={t('web.handed.none')} action={<Link className="b6" to="/">{t('web.act.to_today')}</Link>} />
          : <One key={`${item.batch}-${item.id}`} item={item} busy={judge.isPending} answer={a => judge.mutate({ item, answer: a })} more={q.data.left > 1} />}
    </Page>
  )
}

function One({ item, busy, answer, more }: { item: ReviewItem; busy: boolean; answer: (a: HandedAnswer) => void; more: boolean }) {
  return (
    <OneRow item={item} ask={t('web.handed.ask')} row={t('web.handed.row', { day: sayDay(dayOf(item.at)) })} there={t('web.handed.there')} title={t('web.handed.title')} note={t('web.handed.note')}>
      {more && <Button size="large" disabled={busy} onClick={() => answer('later')}>{t('web.review.later')}</Button>}
      <span className="grow" />
      <Button size="large" disabled={busy} onClick={() => answer('dismiss')}>{t('web.handed.dismiss')}</Button>
      <Button size="large" type="primary" disabled={busy} onClick={() => answer('same')}>{t('web.handed.same')}</Button>
    </OneRow>
  )
}
