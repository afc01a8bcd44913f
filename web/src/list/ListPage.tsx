import { ImportOutlined, PlusOutlined } from '@ant-design/icons'
import { Link, Outlet, useNavigate, useParams } from '@tanstack/react-router'
import { Button } from '../parts/Button'
import { useEffect } from 'react'
import { isShop, useCan, useMe, useObject } from '../api/person'
import { usePage } from '../api/queries'
import type { Search } from '../api/types'
import { listOf } from '../import/counts'
import { useKeys } from '../parts/keyboard'
import { useNarrow } from '../parts/screen'
import { seesPeople } from '../shell/nav'
import { Forbidden } from '../shell/Lost'
import { Page } from '../shell/Page'
import { t } from '../words'
import { AreaSwitch } from './AreaSwitch'
import { FilterBar } from './FilterBar'
import { ListBody } from './ListBody'
import { SceneTabs } from './SceneTabs'
import { columnsOf, shownOf, stateOf } from './state'
import './list.css'

const CARD_FIELDS: Record<string, string[]> = { customers: ['name', 'phone', 'need', 'stage', 'region', 'next_at', 'sum', 'source', 'owner', 'tags'] }

/** ListPage is the list of one object, with the record that is open beside it. */
export default function ListPage() {
  const { plural } = useParams({ from: '/$plural' })
  const me = useMe()
  if (!seesPeople(me)) return <Forbidden title={t(`web.nav.${plural}`)} />
  return <Listing key={plural} />
}

function useAsk(narrow: boolean) {
  const { plural } = useParams({ from: '/$plural' })
  const object = useObject(plural)
  const s = stateOf(plural).use()
  const columns = columnsOf(object).use()
  const cards = (CARD_FIELDS[plural] ?? object.fields.filter(f => f.list).map(f => f.name)).filter(n => object.fields.some(f => f.name === n))
  const ask: Search = { limit: 50, fields: narrow ? cards : columns }
  if (s.scene) ask.scene = s.scene
  if (s.search) ask.search = s.search
  if (s.where.length > 0) ask.where = s.where
  if (s.sort) ask.sort = s.sort
  if (s.desc) ask.desc = true
  const after = s.cursors.at(-1)
  if (after) ask.after = after
  return { plural, object, ask }
}

function Listing() {
  const narrow = useNarrow()
  const { plural, object, ask } = useAsk(narrow)
  const page = usePage(plural, ask)
  const canCreate = useCan('create')
  const me = useMe()
  const canImport = useCan('import') && (plural === 'customers' || !isShop(me)) // a shop finds the other lists behind the customers'
  const go = useNavigate()
  const open = useParams({ strict: false, select: p => ('id' in p ? p.id : undefined) })
  useEffect(() => { if (page.data) shownOf(plural).set({ ids: page.data.rows.map(r => r.id), next: page.data.next }) }, [page.data, plural])
  const create = (e: KeyboardEvent) => { if (canCreate) { e.preventDefault(); void go({ to: '/$plural/new', params: { plural } }) } }
  useKeys({ n: create, c: create })
  const actions = (
    <>
      {canImport && (narrow ? <Link to="/import" search={listOf(plural)} className="icon-btn" aria-label={t('web.nav.import')}><ImportOutlined aria-hidden /></Link> : <Button icon={<ImportOutlined />} onClick={() => void go({ to: '/import', search: listOf(plural) })}>{t('web.act.import')}</Button>)}
      {canCreate && (narrow
        ? <Link to="/$plural/new" params={{ plural }} className="icon-btn" aria-label={t(`web.new.${plural}`)}><PlusOutlined aria-hidden /></Link>
        : <Button type="primary" icon={<PlusOutlined />} onClick={() => void go({ to: '/$plural/new', params: { plural } })}>{t(`web.new.${plural}`)}</Button>)}
    </>
  )
  return (
    <Page title={t(`web.nav.${plural}`)} sub={<AreaSwitch plural={plural} />} actions={actions} bare>
      <div className="listing">
        <div className="listing-main" inert={narrow && open !== undefined}>
          <SceneTabs plural={plural} scene={page.data?.scene} />
          <FilterBar object={object} />
          <ListBody object={object} page={page} narrow={narrow} open={open} />
        </div>
        <Outlet />
      </div>
    </Page>
  )
}
