import { photoOf } from '../api/calls'
import type { Card } from '../api/types'
import { Avatar } from '../parts/Section'
import { t } from '../words'
import { comma } from '../words/join'
import { useNeedWord } from './NeedWord'

/** ShopCard is a merchant as others and customers see it 名片. */
export function ShopCard({ card, plain }: { card: Card; plain?: boolean }) {
  const word = useNeedWord()
  return (
    <div className={plain ? 'shop-card plain' : 'shop-card'}>
      {card.photo ? <img className="shop-photo" src={photoOf(card)} alt="" width={56} height={56} /> : <Avatar name={card.shown} size={56} />}
      <div className="shop-card-text">
        <b className="el">{card.shown}</b>
        {card.needs.length > 0 && <span className="f13 t2">{card.needs.map(word).join(comma())}</span>}
        {!plain && card.about && <span className="f13 t2">{card.about}</span>}
        {!plain && <span className="f12 t3">{[card.address, card.phone].filter(Boolean).join(' · ')}</span>}
        {!plain && <span className="f12 t3">{t('web.share.legal', { name: card.legal, uscc: card.uscc })}</span>}
      </div>
    </div>
  )
}
