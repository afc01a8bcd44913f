import { FileDoneOutlined, FormOutlined, GlobalOutlined, PhoneOutlined, QuestionCircleOutlined, ShopOutlined, SwapOutlined, WechatOutlined } from '@ant-design/icons'
import type { ReactNode } from 'react'
import { labelOf, useMemberName } from '../api/person'
import type { Bare, Field } from '../api/types'
import { Chip } from '../parts/Section'
import { regionFull, regionShort, useRegions } from '../region/names'
import { figures, t } from '../words'
import { comma } from '../words/join'
import { yuan } from '../words/money'
import { isLate, plainDay, sayMoment } from '../words/time'
import { isEmpty } from './read'

export const Empty = () => <span className="t3"><span aria-hidden>—</span><span className="sr">{t('web.cell.empty')}</span></span>

const wayIcons: Record<string, ReactNode> = {
  store: <ShopOutlined aria-hidden />, phone: <PhoneOutlined aria-hidden />, wechat: <WechatOutlined aria-hidden />, form: <FormOutlined aria-hidden />, referral: <SwapOutlined aria-hidden />,
  online: <GlobalOutlined aria-hidden />, public: <GlobalOutlined aria-hidden />, order: <FileDoneOutlined aria-hidden />, other: <QuestionCircleOutlined aria-hidden />,
}

/** Way is where a customer came from: a small mark and the word; purple only for what came from another merchant. */
export const Way = ({ code, label }: { code: string; label: string }) => <span className={code === 'referral' ? 'prov sh' : 'prov'}>{wayIcons[code]}{label}</span>

function Region({ code, full }: { code: string; full?: boolean }) {
  const all = useRegions()
  return <span lang="zh-CN">{all ? (full ? regionFull(all, code) : regionShort(all, code)) : ''}</span>
}

function Ref({ field, id, names }: { field: Field; id: string; names?: Record<string, string> }) {
  const member = useMemberName()
  return <>{field.ref === 'member' || !field.ref ? member(id) : (names?.[id] ?? t('web.cell.other_record'))}</>
}

/** isDue tells a moment that should not be past. What a follow-up planned is history: the customer's own next contact is late, which lists are filtered by. */
const isDue = (f: Field) => f.name === 'due_at' || (f.name === 'next_at' && f.filter)

/** Value shows one clear or masked value by the kind of its field. */
export function Value({ field, value, names, full }: { field: Field; value: Bare; names?: Record<string, string>; full?: boolean }): ReactNode {
  if (isEmpty(value)) return <Empty />
  switch (field.kind) {
    case 'money': return value === 0 && field.computed ? <Empty /> : typeof value === 'number' ? yuan(value) : String(value)
    case 'number': return typeof value === 'number' ? figures(value) : String(value)
    case 'instant': return typeof value === 'number' ? <Moment at={value} late={isDue(field)} /> : String(value)
    case 'day': return plainDay(String(value))
    case 'region': return <Region code={String(value)} full={full} />
    case 'ref': return <Ref field={field} id={String(value)} names={names} />
    case 'choice':
      return field.name === 'source' ? <Way code={String(value)} label={labelOf(field.choices, String(value))} /> : labelOf(field.choices, String(value))
    case 'choices':
      return <Labels field={field} codes={Array.isArray(value) ? value : [String(value)]} chips={field.name === 'tags'} />
    default:
      return Array.isArray(value) ? value.join(' ') : String(value)
  }
}

function Labels({ field, codes, chips }: { field: Field; codes: string[]; chips: boolean }) {
  if (chips) return <span className="row gap4 wrap">{codes.map(c => <Chip key={c}>{labelOf(field.choices, c)}</Chip>)}</span>
  return <>{codes.map(c => labelOf(field.choices, c)).join(comma())}</>
}

/** Moment writes a moment; one that is past and should not be is red and says so. */
export function Moment({ at, late }: { at: number; late?: boolean }) {
  const over = late === true && isLate(at)
  return <span className={over ? 'no b5 nw' : 'nw'}>{sayMoment(at)}{over && <span className="sr">{t('web.today.overdue')}</span>}</span>
}
