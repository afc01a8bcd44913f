package intake

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// The encodings, by their WHATWG names.
const (
	utf8Name    = "utf-8"
	utf16LEName = "utf-16le"
	utf16BEName = "utf-16be"
	gbName      = "gb18030" // GB 18030, a superset of GBK and GB 2312
	big5Name    = "big5"
)

// Encodings are what Options.Encoding may be, in the order to offer them.
var Encodings = []string{utf8Name, gbName, big5Name, utf16LEName, utf16BEName}

// encodingOf checks a name that the user chose.
func encodingOf(name string) (string, error) {
	name = strings.ToLower(strings.TrimSpace(name))
	switch name {
	case "gbk", "gb2312", "cp936":
		return gbName, nil
	case "utf8", "utf-8-sig":
		return utf8Name, nil
	}
	for _, e := range Encodings {
		if e == name {
			return e, nil
		}
	}
	return "", refuse(keyEncoding)
}

// boms are the byte order marks (Unicode 23.8), and what GB 18030 makes of
// them.
var boms = []struct{ mark, name string }{
	{"\xef\xbb\xbf", utf8Name}, {"\xff\xfe", utf16LEName}, {"\xfe\xff", utf16BEName}, {"\x84\x31\x95\x33", gbName},
}

// bomOf is the length of the mark at the start of head, if it is name's.
func bomOf(head []byte, name string) int {
	for _, b := range boms {
		if b.name == name && bytes.HasPrefix(head, []byte(b.mark)) {
			return len(b.mark)
		}
	}
	return 0
}

// detect finds the encoding of head, which may end inside a character, and
// whether that is certain. GB 18030 and Big5 share their bytes, so the one
// whose decoding gives more everyday characters wins.
func detect(head []byte) (name string, sure bool) {
	for _, b := range boms {
		if bytes.HasPrefix(head, []byte(b.mark)) {
			return b.name, true
		}
	}
	if name := detectUTF16(head); name != "" {
		return name, true
	}
	good, bad, wide := utf8Tally(head)
	switch {
	case good == 0 && bad == 0:
		return utf8Name, true // ASCII
	case good > 20*bad && wide:
		return utf8Name, true
	}
	gb, big5 := everyday(head, gbName), everyday(head, big5Name)
	switch {
	case bad == 0 && gb < 0.5:
		return utf8Name, true
	case big5 > gb:
		return big5Name, big5 > 0.3 && big5 > 2*gb
	}
	return gbName, bad > 0 && gb > 0.25 && gb > 2*big5
}

// detectUTF16 knows UTF-16 without a mark by its commas, digits and line ends:
// pairs with a zero behind (LE) or before (BE). Letters and the nought count
// for nothing: the other way round 'N' is 一 and '0' the wide blank.
func detectUTF16(head []byte) string {
	var le, be int
	for i := 1; i < len(head); i += 2 {
		switch a, b := head[i-1], head[i]; {
		case b == 0 && framing(a):
			le++
		case a == 0 && framing(b):
			be++
		}
	}
	enough := len(head) / 80 // one of forty characters
	switch {
	case len(head) < 8:
	case le > enough && be*20 < le:
		return utf16LEName
	case be > enough && le*20 < be:
		return utf16BEName
	}
	return ""
}

func framing(b byte) bool { return b >= '1' && b <= '9' || strings.IndexByte("\t\n\r ,;|\"", b) >= 0 }

// utf8Tally counts the valid sequences beyond ASCII and the invalid bytes; a
// sequence cut by the end counts as neither. wide: one has three bytes or more,
// as all Chinese has; pairs alone may be GBK ("联通").
func utf8Tally(head []byte) (good, bad int, wide bool) {
	for len(head) > 0 {
		if head[0] < utf8.RuneSelf {
			head = head[1:]
			continue
		}
		r, n := utf8.DecodeRune(head)
		switch {
		case r != utf8.RuneError || n > 1:
			good++
			wide = wide || n > 2
		case !utf8.FullRune(head):
			return good, bad, wide
		default:
			bad++
		}
		head = head[n:]
	}
	return good, bad, wide
}

// everyday decodes head and gives the share of everyday characters among
// those beyond ASCII; invalid bytes count threefold against it.
func everyday(head []byte, name string) float64 {
	head = head[:min(len(head), 64<<10)]
	text, _, bad := newDecoder(name).decode(nil, head, false)
	common, all := 0, 3*bad
	for _, r := range string(text) {
		switch {
		case r < utf8.RuneSelf || r == utf8.RuneError:
			continue
		case strings.ContainsRune(everydayRunes, r):
			common++
		}
		all++
	}
	if all == 0 {
		return 0
	}
	return float64(common) / float64(all)
}

// everydayRunes are characters that names, addresses, goods and headers are
// made of, simplified and traditional, with full-width punctuation.
const everydayRunes = "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些然前外天政四日那社义事平形相全表间样与关各重新线内数正心反你明看原又么利比或但质气第向道命此变条只没结解问意建月公无系军很情者最立代想已通并提直题党程展五果料象员革位入常文总次品式活设及管特件长求老头基资边流路级少图山统接知较将组见计别她手角期根论运农指几九区强放决西被干做必战先回则任取据处队南给色光门即保治北造百规热领七海口东导器压志世金增争济阶油思术极交受联什认六共权收证改清己美再采转更单风切打白教速花带安场身车例真务具万每目至达走积示议声报斗完类八离华名确才科张信马节话米整空元况今集温传土许步群广石记需段研界拉林律叫且究观越织装影算低持音众书布复容儿须际商非验连断深难近矿千周委素技备半办青省列习响约支般史感劳便团往酸历市克何除消构府称太准精值号率族维划选标写存候毛亲快效斯院查江型眼王按格养易置派层片始却专状育厂京识适属圆包火住调满县局照参红细引听该铁价严首底液官德随病苏失尔死讲配女黄推显谈罪神艺呢席含企望密批营项防举球英氧势告李台落木帮轮破亚师围注远字材排供河态封另施减树溶怎止案言士均武固叶鱼波视仅费紧爱左章早朝害续轻服试食充兵源判护司足某练差致板田降黑犯负击范继兴似余坚曲输修故城夫够送笔船占右财吃富春职觉汉画功巴跟虽杂飞检吸助升阳互初创抗考投坏策古径换未跑留钢曾端责站简述钱副尽帝射草冲承独令限阿宣环双请超微让控州良轴找否纪益依优顶础载倒房突坐粉敌略客袁冷胜绝析块剂测丝协诉念陈仍罗盐友洋错苦夜刑移频逐靠混母短皮终聚汽村云哪既距卫停烈央察烧迅境若印洲刻括激孔搞甚室待核校散侵吧甲游久菜味旧模湖货损预阻毫普稳乙妈植息扩银语挥酒守拿序纸医缺雨吗针刘啊急唱误训愿审附获茶鲜粮斤孩脱硫肥善龙演父渐血欢械掌歌沙刚攻谓盾讨晚粒乱燃矛乎杀药宁鲁贵钟煤读班伯香介迫句丰培握兰担弦蛋沉假穿执答乐谁顺烟缩征脸喜松脚困异免背星福买染井概慢怕磁倍祖皇促静补评翻肉践尼衣宽扬棉希伤操垂秋宜氢套督振架亮末宪庆编牛触映雷销诗座居抓裂胞呼娘景威绿晶厚盟衡鸡孙延危胶屋乡临陆顾掉呀灯岁措束耐剧玉赵跳哥季课凯胡额款绍卷齐伟蒸殖永宗苗川炉岩弱零杨奏沿露杆探滑镇饭浓航怀赶库夺伊灵税途灭赛归召鼓播盘裁险康唯录菌纯借糖盖横符私努堂域枪润幅哈竟熟虫泽脑壤碳欧遍侧寨敢彻虑斜薄庭纳弹饲伸折麦湿暗荷瓦塞床筑恶户访塔奇透梁刀旋迹卡氯遇份毒泥退洗摆灰彩卖耗夏择忙铜献硬予繁圈雪函亦抽篇阵阴丁尺追堆雄迎泛爸楼避谋吨野猪旗累偏典馆索秦脂潮爷豆忽托惊塑遗愈朱替纤粗倾尚痛楚谢奋购磨君池旁碎骨监捕弟暴割贯殊释词亡壁顿宝午尘闻揭炮残冬桥妇警综招吴付浮遭徐您摇谷赞箱隔订男吹园纷唐败宋玻巨耕坦荣闭湾键凡驻锅救恩剥凝碱齿截炼麻纺禁废盛版缓净睛昌婚涉筒嘴插岸朗庄街藏姑贸腐奴啦惯乘伙恢匀纱扎辩耳彪臣亿璃抵脉秀萨俄网舞店喷纵寸汗挂洪贺闪柬爆烯津稻墙软勇像滚厘蒙芳肯坡柱荡腿仪旅尾轧冰贡登黎削钻勒逃障氨郭峰币港伏轨亩毕擦莫刺浪秘援株健售股岛甘泡睡童铸汤阀休汇舍牧绕炸哲磷绩朋淡尖启陷柴呈徒颜泪稍忘泵蓝拖洞授镜辛壮锋贫虚弯摩泰幼廷尊窗纲弄隶疑氏宫姐震瑞怪尤琴循描膜违夹腰缘珠穷森枝竹沟催绳忆邦剩幸浆栏拥牙贮礼滤钠纹罢拍咱喊袖埃勤罚焦潜伍墨欲缝姓刊饱仿奖铝鬼丽跨默挖链扫喝袋炭污幕诸弧励梅奶洁灾舟鉴苯讼抱毁懂寒智埔寄届跃渡挑丹艰贝碰拔爹戴码梦芽熔赤渔哭敬颗奔铅仲虎稀妹乏珍申桌遵允隆螺仓魏锐晓氮兼隐碍赫拨忠肃缸牵抢博巧壳兄杜讯诚碧祥柯页巡矩悲灌龄伦票寻桂铺圣恐恰郑趣抬荒腾贴柔滴猛阔辆妻填撤储签闹扰紫砂递戏吊陶伐喂疗瓶婆抚臂摸忍虾蜡邻胸巩挤偶弃槽劲乳邓吉仁烂砖租乌舰伴瓜浅丙暂燥橡柳迷暖牌秧胆详簧踏瓷谱呆宾糊洛辉愤竞隙怒粘乃绪肩籍敏涂熙皆侦悬掘享纠醒狂锁淀恨牲霸爬赏逆玩陵祝秒浙貌栋幢苑邸橱柜帘洁浴沙发灯具备注姓名称呼性别址订单额登记期导购微信箱源渠渠区弄号梯" +
	"這為個國來時們對會發動說產種麼過後頭學經實現開關長從業應還與無間樣體機當點電話號碼訂單額備註姓名稱聯絡絡繫係資料線東車馬門問題員見觀規視覺計記許設訪證評試詩該語誠認誤調談請論諸講謝識議護讓買賣賬貝負財責貨貴費貿賀賓贈趙跡車軍軒較載輕輛輝輪輯輸轉農連進遊運達遠適選遺鄉鄭鄰醫釋里重銀銷鋪錄錢錦鍾鐘鎮鏡鐵長閃閉閒間閱關陽陰陸陳隊階際隨險雙雜離難雲靈靜頂項順須預領頭題額顏願類顯風飛飯飲館馮驗體髮鬆魚鳥鳳鴻麗麥黃點齊龍劉張楊吳許蔣謝鄧馮蕭葉蘇盧鍾範賴龔萬嚴顧賀龍鄒陸韓馬華榮國強偉傑麗豔蘭鳳瓊廣東臺灣縣鄉鎮區樓層巷弄街訂購買價錢幾從眾優傳債傾僅價儀億償兒兩冊寫劃創劇劍動務勝勞勢勵勸區協卻參吳員問啟喚單嗎嘗圍園圖團場壓壞壯聲處備複夠夢奪獎婦嬰學孫寧寶實審對專尋導屆層屬島幣帳幫幹廠廢廳張強彈復徵態慶應懷懸戰戲戶據掃採換損搶搖擇擔據擴攝敗敵數斷無舊時晚曉書會東條楊極構榮樂樓標樣機檢櫃欄權歡歲歷歸殘殺氣決沒測準滅滿漢潔濟濤灣為烏無煙熱營爺爾牆獨獻現環產畢畫異當療發盡監盤確碼禮種積穩窩窮竊競筆節範築簡簽糧級紅約紙純納紐組細終結給統經綠維網緊線緣編緩縣縮總繼續罰罷義習聖聞聯聰職聽肅膽臉臨興舉藝節藥蘇處號術衛裝製複見規親覺觀觸計訓討" +
	"，。：；（）、！？￥“”／－＋０１２３４５６７８９　"
