import { CarOutlined, CommentOutlined, CustomerServiceOutlined, EllipsisOutlined, MailOutlined, MessageOutlined, PhoneOutlined, ShopOutlined, WechatOutlined } from '@ant-design/icons'
import type { ReactNode } from 'react'
import { useObject } from '../api/person'
import type { Channel } from '../api/types'
import type { Option } from '../parts/Choose'

const icons: Record<string, ReactNode> = {
  call: <PhoneOutlined aria-hidden />, callin: <CustomerServiceOutlined aria-hidden />, msgin: <CommentOutlined aria-hidden />, wechat: <WechatOutlined aria-hidden />, store: <ShopOutlined aria-hidden />, home: <CarOutlined aria-hidden />, visit: <CarOutlined aria-hidden />,
  sms: <MessageOutlined aria-hidden />, email: <MailOutlined aria-hidden />, other: <EllipsisOutlined aria-hidden />,
}

export const wayIcon = (way: string): ReactNode => icons[way] ?? icons.other

/** useWays are the kinds of follow-up 跟进方式, as the schema lists them. */
export function useWays(): Option<string>[] {
  const way = useObject('visits').fields.find(f => f.name === 'way')
  return (way?.choices ?? []).map(c => ({ value: c.code, label: c.label, icon: wayIcon(c.code) }))
}

/** wayOf is the kind of follow-up that a channel leads to. */
export const wayOf = (channel: Channel): string => (channel === 'visit' ? 'home' : channel)
