import { Link, useNavigate } from '@tanstack/react-router'
import { Button } from '../parts/Button'
import { useMemberName } from '../api/person'
import type { ObjectDef, Rec } from '../api/types'
import { isEmpty } from '../cell/read'
import { titleField } from '../list/title'
import type { Listed } from '../router'
import { t } from '../words'
import { sayMoment } from '../words/time'
import { factOf } from './facts'
import { FactsSections } from './FactsSection'
import { FactView } from './FactView'
import { OrderLines } from './OrderLines'
import { removeSoon } from './removing'

/** ObjectBody is an order, a deal, a follow-up or a task: its title, its customer, its facts. */
export function ObjectBody({ rec, object }: { rec: Rec; object: ObjectDef }) {
  const member = useMemberName()
  const go = useNavigate()
  const title = titleField(object)
  const fact = title && factOf(rec, object, title.name)
  const customer = rec.fields.find(f => f.name === 'customer')?.value
  const owner = rec.fields.find(f => f.name === 'owner')?.value
  const remove = () => {
    removeSoon(object.plural, rec.id, rec.rev, object.label)
    void go({ to: '/$plural', params: { plural: object.plural as Listed } })
  }
  return (
    <>
      <div className="who">
        <div className="who-text">
          <h2 className="who-name" tabIndex={-1}>{fact && (fact.seen.level !== 'clear' || !isEmpty(fact.seen.value)) ? <FactView fact={fact} plural={object.plural} id={rec.id} names={rec.names} quiet /> : object.label}</h2>
          <div className="row f13 t2 wrap gap16">
            {typeof customer === 'string' && customer && <Link to="/$plural/$id" params={{ plural: 'customers', id: customer }}>{rec.names?.[customer] ?? t('web.record.customer')}</Link>}
            {typeof owner === 'string' && <span>{t('web.record.owner')} <b className="b5">{member(owner)}</b></span>}
            <span className="t3">{t('web.record.updated', { at: sayMoment(rec.updated) })}</span>
          </div>
        </div>
        {rec.can.includes('delete') && <div className="who-acts"><Button onClick={remove}>{t('web.act.remove')}</Button></div>}
      </div>
      <FactsSections rec={rec} object={object} />
      {object.plural === 'orders' && <div className="facts"><OrderLines order={rec.id} editable={rec.can.includes('edit')} /></div>}
    </>
  )
}
