import { useQuery } from '@tanstack/react-query'
import * as calls from '../api/calls'
import { faultOf } from '../api/queries'
import type { ID } from '../api/types'
import { Fault } from '../parts/Fault'
import { Chip } from '../parts/Section'
import { t } from '../words'
import { Came } from './InboxPart'
import { Back, Proved, Word } from './Word'
import './share.css'

/** ArrivedPart stands on the record of a customer who came by a recommendation: from whom, and the words of the first call. */
export function ArrivedPart({ customer }: { customer: ID }) {
  const q = useQuery({ queryKey: ['arrival', customer], queryFn: () => calls.arrivalOf(customer) })
  if (faultOf(q)) return <Fault error={q.error} retry={() => void q.refetch()} />
  const a = q.data?.arrival
  if (!a) return null
  const first = ['ACCEPTED', 'CONTACTED'].includes(a.state) && !a.proved && a.said !== ''
  return (
    <section className="arrived" aria-label={t('web.share.arrived')}>
      <div className="row wrap"><Chip tone="sh">{t('web.share.arrived')}</Chip><Came a={a} /></div>
      {a.proved && <Proved a={a} />}
      {a.back ? <Back a={a} /> : first && <Word a={a} />}
    </section>
  )
}
