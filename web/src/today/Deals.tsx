import { Link } from '@tanstack/react-router'
import { labelOf, useObject } from '../api/person'
import type { DealSum } from '../api/types'
import { Head } from '../parts/Section'
import { figures, t } from '../words'
import { yuan } from '../words/money'

/** Deals are the open deals by stage. */
export function Deals({ deals }: { deals: DealSum[] }) {
  const stage = useObject('deals').fields.find(f => f.name === 'stage')
  const n = deals.reduce((s, d) => s + d.n, 0), sum = deals.reduce((s, d) => s + d.sum, 0)
  return (
    <section className="today-part" aria-labelledby="deals">
      <Head id="deals" title={t('web.today.deals')} count={t('web.today.deals_sum', { n: figures(n), sum: yuan(sum) })}><Link to="/$plural" params={{ plural: 'deals' }}>{t('web.today.all_deals')}</Link></Head>
      <ul className="stages">{deals.map(d => <li key={d.stage}><span className="f12 t3">{labelOf(stage?.choices, d.stage)}</span><span className="row"><b className="f16">{figures(d.n)}</b><span className="f13 t2">{yuan(d.sum)}</span></span></li>)}</ul>
    </section>
  )
}
