import { useQuery } from '@tanstack/react-query'
import * as share from '../api/share'
import type { ID } from '../api/types'
import { Chip } from '../parts/Section'
import { t } from '../words'
import { Came } from './InboxPart'
import { Proved, Word } from './Word'
import './share.css'

/** ArrivedPart stands on the record of a customer who came by a recommendation: from whom, and the words of the first call. */
export default function ArrivedPart({ customer }: { customer: ID }) {
  const a = useQuery({ queryKey: ['arrival', customer], queryFn: () => share.arrivalOf(customer) }).data?.arrival
  if (!a) return null
  const first = ['ACCEPTED', 'CONTACTED'].includes(a.state) && !a.proved && a.said !== ''
  return (
    <section className="arrived" aria-label={t('web.share.arrived')}>
      <div className="row wrap"><Chip tone="sh">{t('web.share.arrived')}</Chip><Came a={a} /></div>
      {a.proved && <Proved a={a} />}
      {first && <Word a={a} />}
    </section>
  )
}
