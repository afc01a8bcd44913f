import type { UseQueryResult } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Button } from '../parts/Button'
import { useEffect } from 'react'
import { isProblem } from '../api/problem'
import { isShop, useCan, useMe } from '../api/person'
import { faultOf } from '../api/queries'
import type { ID, ObjectDef, Page, Scene } from '../api/types'
import { listOf } from '../import/counts'
import { Fault, Nothing } from '../parts/Fault'
import { Wait } from '../parts/Wait'
import type { Listed } from '../router'
import { isEnglish, t } from '../words'
import { Cards } from './Cards'
import { Pager } from './Pager'
import { isFiltered, isUsual, stateOf, turn, usual } from './state'
import { Table } from './Table'

/** ListBody is the rows, or why there are none. */
export function ListBody({ object, page, narrow, open }: { object: ObjectDef; page: UseQueryResult<Page>; narrow: boolean; open?: ID }) {
  useFreshCursor(object, page.error)
  const fault = faultOf(page)
  if (fault) return <ListFault object={object} error={fault} retry={() => void page.refetch()} />
  if (!page.data) return <Wait rows={12} />
  if (page.data.rows.length === 0) return <Empty object={object} />
  return (
    <>
      {page.data.more && <p className="list-note" role="status">{t('web.search.more')}</p>}
      <div className={page.isPlaceholderData ? 'list-scroll stale' : 'list-scroll'} aria-busy={page.isPlaceholderData}>
        {narrow ? <Cards object={object} page={page.data} /> : <Table object={object} page={page.data} open={open} />}
      </div>
      <Pager object={object} page={page.data} busy={page.isFetching} />
    </>
  )
}

/** A cursor lives an hour; an old one leads back to the first page. */
function useFreshCursor(object: ObjectDef, error: Error | null) {
  const deep = stateOf(object.plural).use().cursors.length > 0
  const stale = deep && isProblem(error) && error.code === 'invalid'
  useEffect(() => { if (stale) turn(object.plural, {}) }, [stale, object.plural])
}

/** ListFault explains a refusal; where a narrower scene would do, it is one tap away. */
function ListFault({ object, error, retry }: { object: ObjectDef; error: Error; retry: () => void }) {
  const narrower: Scene | undefined = isProblem(error) ? error.body.narrower : undefined
  const withheld = isProblem(error) && error.code === 'withheld'
  return (
    <Fault error={error} retry={withheld ? undefined : retry} title={withheld ? t('web.withheld.title') : undefined}>
      {withheld && (
        <div className="row wrap">
          {narrower && <Button type="primary" onClick={() => turn(object.plural, { scene: narrower })}>{t('web.withheld.narrow', { scene: t(`web.scene.${narrower}`) })}</Button>}
          <Button onClick={() => turn(object.plural, { search: '', ...usual(object.plural), where: [] })}>{t('web.filter.clear')}</Button>
        </div>
      )}
    </Fault>
  )
}

function Empty({ object }: { object: ObjectDef }) {
  const s = stateOf(object.plural).use()
  const create = useCan('create')
  const imports = useCan('import')
  const me = useMe()
  const other = object.plural !== 'customers'
  const go = useNavigate()
  const plural = object.plural as Listed
  const what = isEnglish() ? t(`web.nav.${plural}`).toLowerCase() : object.label
  const open = plural === 'tasks' && isUsual(plural, s) // the list begins without what is done
  if (isFiltered(s) && !open) {
    return <Nothing title={t('web.empty.filtered', { object: what })} action={<Button onClick={() => turn(plural, { where: [], search: '' })}>{t('web.filter.clear')}</Button>}>{s.search && t('web.empty.search')}</Nothing>
  }
  return (
    <Nothing title={open ? t('web.empty.tasks_open') : t('web.empty.none', { object: what })} action={(
      <div className="row wrap">
        {imports && !(other && isShop(me)) && <Button type={other ? 'default' : 'primary'} onClick={() => void go({ to: '/import', search: listOf(plural) })}>{t(other ? 'web.act.import' : 'web.empty.import')}</Button>}
        {create && <Button onClick={() => void go({ to: '/$plural/new', params: { plural } })}>{t(`web.new.${plural}`)}</Button>}
        {open && <Button onClick={() => turn(plural, { where: [] })}>{t('web.empty.tasks_all')}</Button>}
      </div>
    )}>{t(`web.empty.${plural}`)}</Nothing>
  )
}
