import { DeleteOutlined, PhoneOutlined } from '@ant-design/icons'
import { Link, useNavigate } from '@tanstack/react-router'
import { Button } from '../parts/Button'
import { useMemberName } from '../api/person'
import type { ID, ObjectDef, Rec } from '../api/types'
import { isEmpty } from '../cell/read'
import { useContact } from '../follow/CallButton'
import { titleField } from '../list/title'
import type { Listed } from '../router'
import { t } from '../words'
import { sayMoment } from '../words/time'
import { factOf, nameOf } from './facts'
import { FactsSections } from './FactsSection'
import { FactView } from './FactView'
import { OrderLines } from './OrderLines'
import { removeSoon } from './removing'
import { SourceSection } from './SourceSection'

/** CallContact calls somebody who speaks for a customer; the gate answers for the customer. */
function CallContact({ rec, object, customer }: { rec: Rec; object: ObjectDef; customer: ID }) {
  const ask = useContact()
  const phone = factOf(rec, object, 'phone')
  if (!rec.can.includes('contact') || !phone || isEmpty(phone.seen.value)) return null
  return <div className="who-acts"><Button type="primary" icon={<PhoneOutlined aria-hidden />} loading={ask.isPending} onClick={() => ask.mutate({ whom: { customer, contact: rec.id, name: nameOf(rec) }, channel: 'call' })}>{t('web.contact.call')}</Button></div>
}

/** ObjectBody is an order, a deal, a follow-up or a task: its title, its customer, its facts. */
export function ObjectBody({ rec, object }: { rec: Rec; object: ObjectDef }) {
  const member = useMemberName()
  const go = useNavigate()
  const title = titleField(object)
  const fact = title && factOf(rec, object, title.name)
  const customer = rec.fields.find(f => f.name === 'customer')?.value
  const owner = rec.fields.find(f => f.name === 'owner')?.value
  const named = title?.name === 'customer' // a deal and a follow-up have no name but the customer's
  const whose = typeof customer === 'string' && customer ? <Link to="/$plural/$id" params={{ plural: 'customers', id: customer }}>{rec.names?.[customer] ?? t('web.record.customer')}</Link> : null
  const remove = () => {
    removeSoon(object.plural, rec.id, rec.rev, object.label)
    void go({ to: '/$plural', params: { plural: object.plural as Listed } })
  }
  return (
    <>
      <div className="who">
        <div className="who-text">
          <h2 className="who-name" tabIndex={-1}>{named && whose ? whose : fact && (fact.seen.level !== 'clear' || !isEmpty(fact.seen.value)) ? <FactView fact={fact} plural={object.plural} id={rec.id} names={rec.names} quiet /> : object.label}</h2>
          <div className="row f13 t2 wrap gap16">
            {!named && whose}
            {typeof owner === 'string' && <span>{t('web.record.owner')} <b className="b5">{member(owner)}</b></span>}
            <span className="t3">{t('web.record.updated', { at: sayMoment(rec.updated) })}</span>
          </div>
        </div>
        {object.plural === 'contacts' && typeof customer === 'string' && <CallContact rec={rec} object={object} customer={customer} />}
      </div>
      <FactsSections rec={rec} object={object} />
      {object.plural === 'orders' && <div className="facts"><OrderLines order={rec.id} editable={rec.can.includes('edit')} /></div>}
      <SourceSection rec={rec} />
      {rec.can.includes('delete') && <div className="object-foot"><Button type="text" danger icon={<DeleteOutlined aria-hidden />} onClick={remove}>{t('web.act.remove')}</Button></div>}
    </>
  )
}
