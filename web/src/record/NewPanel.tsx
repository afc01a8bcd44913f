import { useNavigate, useParams } from '@tanstack/react-router'
import { useCan } from '../api/person'
import { Nothing } from '../parts/Fault'
import { t } from '../words'
import { NewCustomer } from './NewCustomer'
import { Panel } from './RecordPanel'
import { NewForm } from './SubSheet'

/** NewPanel makes a record by hand, beside the list. */
export default function NewPanel() {
  const { plural } = useParams({ from: '/$plural/new' })
  const go = useNavigate()
  const may = useCan('create')
  const done = (id: string) => void go({ to: '/$plural/$id', params: { plural, id }, replace: true })
  return (
    <Panel plural={plural} title={t(`web.new.${plural}`)}>
      <div className="panel-form">
        {!may ? <Nothing title={t('web.fault.forbidden_title')}>{t('web.forbidden.text')}</Nothing> : plural === 'customers' ? <NewCustomer done={done} /> : <NewForm plural={plural} fixed={{}} done={done} />}
      </div>
    </Panel>
  )
}
