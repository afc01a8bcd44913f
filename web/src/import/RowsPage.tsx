import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import * as calls from '../api/calls'
import { useCan, useObject } from '../api/person'
import { faultOf } from '../api/queries'
import type { Batch, ImportRow, Outcome, Reason, RowsOf } from '../api/types'
import { NameLink } from '../cell/NameLink'
import { readCell } from '../cell/read'
import { Button } from '../parts/Button'
import { Fault, Nothing } from '../parts/Fault'
import { Wait } from '../parts/Wait'
import { Forbidden } from '../shell/Lost'
import { Page } from '../shell/Page'
import { figures, t } from '../words'
import { COLOURS, countOf, isPart, outcomeName, OUTCOMES, pluralOf } from './counts'
import './import.css'

/** RowsPage lists every row of an import with what became of it, and the customer it went to. */
export default function RowsPage() {
  const { batch } = useParams({ from: '/import/$batch/rows' })
  const reads = useCan('ledger'), imports = useCan('import')
  const q = useQuery({ queryKey: ['batch', batch], queryFn: () => calls.batch(batch), enabled: reads || imports })
  if (!reads && !imports) return <Forbidden title={t('web.rows.title')} />
  return (
    <Page title={t('web.rows.title')} back={`/import/${batch}`} bare>
      {faultOf(q) ? <Fault error={q.error} retry={() => void q.refetch()} /> : q.data ? <Rows b={q.data} /> : <Wait rows={8} />}
    </Page>
  )
}

function Rows({ b }: { b: Batch }) {
  const { outcome } = useSearch({ from: '/import/$batch/rows' })
  const go = useNavigate()
  const turn = (o?: RowsOf) => void go({ to: '/import/$batch/rows', params: { batch: b.id }, search: o ? { outcome: o } : {}, replace: true })
  const q = useInfiniteQuery({
    queryKey: ['import-rows', b.id, outcome ?? '', b.version], queryFn: ({ pageParam }) => calls.importRows(b.id, outcome, pageParam),
    initialPageParam: 0, getNextPageParam: p => p.next || undefined,
  })
  const rows = (q.data?.pages ?? []).flatMap(p => p.rows)
  const more = q.hasNextPage && <div className="pad more-row"><Button loading={q.isFetchingNextPage} onClick={() => void q.fetchNextPage()}>{t('web.rows.more')}</Button></div>
  return (
    <>
      <div className="tabs" role="group" aria-label={t('web.rows.filter')}>
        <button type="button" aria-pressed={!outcome} onClick={() => turn()}>{t('web.rows.all')} <em>{figures(b.rows)}</em></button>
        {OUTCOMES.filter(o => countOf(b, o) > 0 || o === outcome).map(o => (
          <button key={o} type="button" aria-pressed={o === outcome} onClick={() => turn(o)}><Dot outcome={o} />{outcomeName(b, o)} <em>{figures(countOf(b, o))}</em></button>
        ))}
        {(b.kept > 0 || outcome === 'kept') && <button type="button" aria-pressed={outcome === 'kept'} onClick={() => turn('kept')}>{t('web.rows.kept')} <em>{figures(b.kept)}</em></button>}
      </div>
      <div className="rows-scroll" tabIndex={0} role="region" aria-label={t('web.rows.title')}>
        {faultOf(q) ? <Fault error={q.error} retry={() => void q.refetch()} /> : q.isPending ? <Wait rows={8} />
          : rows.length === 0 && !q.hasNextPage ? <Nothing title={t(b.state === 'done' ? 'web.rows.none' : 'web.rows.not_yet')} /> : <Table b={b} rows={rows} reasons={q.data?.pages[0]?.reasons ?? []} />}
        {more}
        {b.outside > 0 && (!outcome || outcome === 'same') && <p className="rows-note f13 t2">{t('web.rows.outside', { n: figures(b.outside) })}</p>}
      </div>
    </>
  )
}

const Dot = ({ outcome }: { outcome: Outcome }) => <i className="row-dot" style={{ background: COLOURS[outcome] }} aria-hidden />

function Table({ b, rows, reasons }: { b: Batch; rows: ImportRow[]; reasons: Reason[] }) {
  return (
    <table className="rows">
      <caption className="sr">{t('web.rows.title')}</caption>
      <thead><tr><th scope="col" className="r">{t('web.rows.n')}</th><th scope="col">{t('web.rows.outcome')}</th><th scope="col">{t('web.rows.why')}</th><th scope="col">{t('web.nav.customers')}</th>{isPart(b) && <th scope="col">{t(`web.nav.${pluralOf(b.object)}`)}</th>}</tr></thead>
      <tbody>{rows.map(r => (
        <tr key={r.n}>
          <td className="r t3 nw row-n">{figures(r.n)}</td>
          <td className="nw"><Dot outcome={r.outcome} />{outcomeName(b, r.outcome)}</td>
          <td className="t2" title={r.code || undefined}>{r.text}</td>
          <td><Customer row={r} reasons={reasons} /></td>
          {isPart(b) && <td className="nw">{r.record && <Link to="/$plural/$id" params={{ plural: pluralOf(b.object), id: r.record }}>{t('web.rows.record')}</Link>}</td>}
        </tr>
      ))}</tbody>
    </table>
  )
}

function Customer({ row, reasons }: { row: ImportRow; reasons: Reason[] }) {
  const field = useObject('customers').fields.find(f => f.name === 'name')
  if (!row.customer || !field) return null
  return <NameLink plural="customers" id={row.customer} seen={readCell(row.name, reasons, field)} field={field} />
}

/** RowsLink leads to the rows of an import, of one outcome or all. */
export const RowsLink = ({ b, outcome }: { b: Batch; outcome?: RowsOf }) => (
  <Link className="f13" to="/import/$batch/rows" params={{ batch: b.id }} search={outcome ? { outcome } : {}}>{outcome ? t('web.rows.see') : t('web.rows.see_all')}</Link>
)
