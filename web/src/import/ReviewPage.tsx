import { useMutation, useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { Button } from '../parts/Button'
import * as calls from '../api/calls'
import { useCan } from '../api/person'
import { faultOf, put, queries } from '../api/queries'
import type { BatchState, Judgement, ReviewItem } from '../api/types'
import { Fault, Nothing } from '../parts/Fault'
import { Wait } from '../parts/Wait'
import { useKeys } from '../parts/keyboard'
import { failed } from '../parts/toast'
import { Forbidden } from '../shell/Lost'
import { Page } from '../shell/Page'
import { figures, t, tn } from '../words'
import { isPart } from './counts'
import { OneRow } from './OneRow'
import './import.css'

/** The states in which an import has rows to judge, and those in which it is still to be confirmed. */
const OVER: BatchState[] = ['done', 'cancelled', 'failed']
const OPEN: BatchState[] = ['declared', 'received', 'reading', 'ready']

/** ReviewPage judges rows that may be somebody who is already there: same, different, later; S, D and L do it too. */
export default function ReviewPage() {
  const { batch } = useParams({ from: '/import/$batch/review' })
  const may = useCan('import')
  const of = useQuery({ queryKey: ['batch', batch], queryFn: () => calls.batch(batch), enabled: may })
  const b = of.data, over = b !== undefined && OVER.includes(b.state)
  const q = useQuery({ queryKey: ['reviews', batch], queryFn: () => calls.reviews(batch), enabled: may && over })
  const judge = useMutation({
    mutationFn: ({ item, answer }: { item: string; answer: Judgement }) => calls.judge(batch, item, answer),
    onSuccess: async r => { await put(['reviews', batch], r); void queries.invalidateQueries({ queryKey: ['batch', batch] }) }, onError: failed,
  })
  const item = q.data?.items[0]
  const answer = (a: Judgement) => { if (item && !judge.isPending) judge.mutate({ item: item.id, answer: a }) }
  useKeys({ s: () => answer('same'), d: () => answer('different'), l: () => answer('later') }, item !== undefined)
  const back = <Link className="b6" to="/import/$batch" params={{ batch }}>{t('web.review.back')}</Link>
  if (!may) return <Forbidden title={t('web.review.title')} />
  return (
    <Page title={t('web.review.title')} back={`/import/${batch}`} sub={q.data && q.data.left > 0 ? <span className="nw">{tn('web.review.left', q.data.left)}</span> : undefined} bare>
      {faultOf(of) ? <Fault error={of.error} retry={() => void of.refetch()} />
        : b && !over ? <Nothing title={t(OPEN.includes(b.state) ? 'web.review.unconfirmed' : 'web.review.gone')} action={back}>{b.state === 'refused' ? '' : t('web.review.unconfirmed_text', { state: t(`web.import.state_${b.state}`) })}</Nothing>
          : faultOf(q) ? <Fault error={q.error} retry={() => void q.refetch()} /> : !b || !q.data ? <Wait rows={8} /> : !item
            ? <Nothing title={t(judge.isSuccess || q.data.left > 0 ? 'web.review.none' : 'web.review.gone')} action={back}>{q.data.left > 0 ? tn('web.review.later_left', q.data.left) : ''}</Nothing>
            : <One key={`${item.id}-${item.candidate}`} item={item} part={isPart(b)} busy={judge.isPending} answer={answer} />}
    </Page>
  )
}

function One({ item, part, busy, answer }: { item: ReviewItem; part: boolean; busy: boolean; answer: (a: Judgement) => void }) {
  return (
    <OneRow item={item} ask={t(part ? 'web.review.ask_part' : 'web.review.ask')} row={t('web.review.row', { n: figures(item.row) })} there={t('web.review.there')} title={t('web.review.title')} note={t(part ? 'web.review.note_part' : 'web.review.note')}>
      <Button size="large" disabled={busy} onClick={() => answer('later')}>{t('web.review.later')}<kbd>L</kbd></Button>
      <span className="grow" />
      <Button size="large" disabled={busy} onClick={() => answer('different')}>{t(part ? 'web.review.different_part' : 'web.review.different')}<kbd>D</kbd></Button>
      <Button size="large" disabled={busy} onClick={() => answer('same')}>{t(part ? 'web.review.same_part' : 'web.review.same')}<kbd>S</kbd></Button>
    </OneRow>
  )
}
