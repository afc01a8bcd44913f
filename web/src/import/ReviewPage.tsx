import { CheckOutlined } from '@ant-design/icons'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { Button } from '../parts/Button'
import * as calls from '../api/calls'
import { useCan, useObject } from '../api/person'
import { queries } from '../api/queries'
import type { Cell, Field, Judgement, ReviewItem, Side } from '../api/types'
import { Empty, Value } from '../cell/Value'
import { MaskedText } from '../cell/Masked'
import { isEmpty, readCell } from '../cell/read'
import { Fault, Nothing } from '../parts/Fault'
import { Wait } from '../parts/Wait'
import { useKeys } from '../parts/keyboard'
import { failed } from '../parts/toast'
import { Forbidden } from '../shell/Lost'
import { Page } from '../shell/Page'
import { figures, t, tn } from '../words'
import './import.css'

/** ReviewPage judges rows that may be somebody who is already there: same, different, later; S, D and L do it too. */
export default function ReviewPage() {
  const { batch } = useParams({ from: '/import/$batch/review' })
  const may = useCan('import')
  const q = useQuery({ queryKey: ['reviews', batch], queryFn: () => calls.reviews(batch), enabled: may })
  const judge = useMutation({
    mutationFn: ({ item, answer }: { item: string; answer: Judgement }) => calls.judge(batch, item, answer),
    onSuccess: r => { queries.setQueryData(['reviews', batch], r); void queries.invalidateQueries({ queryKey: ['batch', batch] }) }, onError: failed,
  })
  const item = q.data?.items[0]
  const answer = (a: Judgement) => { if (item && !judge.isPending) judge.mutate({ item: item.id, answer: a }) }
  useKeys({ s: () => answer('same'), d: () => answer('different'), l: () => answer('later') }, item !== undefined)
  if (!may) return <Forbidden title={t('web.review.title')} />
  return (
    <Page title={t('web.review.title')} back={`/import/${batch}`} sub={q.data && q.data.left > 0 ? tn('web.review.left', q.data.left) : undefined} bare>
      {q.error ? <Fault error={q.error} retry={() => void q.refetch()} /> : !q.data ? <Wait rows={8} /> : !item
        ? <Nothing title={t('web.review.none')} action={<Link className="b6" to="/import/$batch" params={{ batch }}>{t('web.review.back')}</Link>}>{q.data.left > 0 ? tn('web.review.later_left', q.data.left) : ''}</Nothing>
        : <One key={item.id} item={item} busy={judge.isPending} answer={answer} />}
    </Page>
  )
}

function One({ item, busy, answer }: { item: ReviewItem; busy: boolean; answer: (a: Judgement) => void }) {
  return (
    <div className="imp-form">
      <div className="imp-body">
        <div className="review-head"><h2>{t('web.review.ask')}</h2><span className="t3 f13">{t('web.review.score', { n: item.score })}</span></div>
        <ul className="review-why">{item.why.map(w => <li key={w.code}>{w.text}</li>)}</ul>
        <div className="review-scroll">
          <table className="review">
            <caption className="sr">{t('web.review.title')}</caption>
            <thead><tr><td /><th scope="col">{t('web.review.row', { n: figures(item.row) })}</th><th scope="col">{t('web.review.there')}</th></tr></thead>
            <tbody>{item.fields.map(s => <SideRow key={s.name} side={s} />)}</tbody>
          </table>
        </div>
        <p className="f12 t3">{t('web.review.note')}</p>
      </div>
      <div className="imp-foot review-foot">
        <Button size="large" disabled={busy} onClick={() => answer('later')}>{t('web.review.later')}<kbd>L</kbd></Button>
        <span className="grow" />
        <Button size="large" disabled={busy} onClick={() => answer('different')}>{t('web.review.different')}<kbd>D</kbd></Button>
        <Button size="large" disabled={busy} onClick={() => answer('same')}>{t('web.review.same')}<kbd>S</kbd></Button>
      </div>
    </div>
  )
}

function SideRow({ side }: { side: Side }) {
  const customers = useObject('customers')
  const name = side.name.split('.').pop() ?? side.name
  const field = customers.fields.find(f => f.name === name)
  return (
    <tr className={side.same ? undefined : 'differs'}>
      <th scope="row">{field?.label ?? side.name}</th>
      <td><Shown cell={side.row} field={field} /></td>
      <td><Shown cell={side.there} field={field} />{side.same && <span className="okc same-mark"><CheckOutlined aria-hidden /><span className="sr">{t('web.review.equal')}</span></span>}</td>
    </tr>
  )
}

const text: Field = { name: '', label: '', kind: 'text', class: 'basic', required: false, filter: false, sort: false, computed: false, list: false, own: 'clear', other: 'clear' }

function Shown({ cell, field }: { cell: Cell; field?: Field }) {
  const seen = readCell(cell, [], { ...(field ?? text), own: 'exists', other: 'exists' })
  if (seen.level === 'clear') return isEmpty(seen.value) ? <Empty /> : <Value field={field ?? text} value={seen.value} full />
  return <MaskedText seen={seen} field={field ?? text} />
}
