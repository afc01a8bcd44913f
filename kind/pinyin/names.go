package pinyin

import "strings"

// surnames are the characters that are read otherwise as a surname than
// usually, with that reading.
var surnames = map[rune]string{
	'单': "shan", '仇': "qiu", '曾': "zeng", '解': "xie", '查': "zha", '区': "ou",
	'朴': "piao", '盖': "ge", '尉': "yu", '翟': "zhai", '乐': "yue", '员': "yun",
	'缪': "miao", '种': "chong", '洗': "xian", '句': "gou", '祭': "zhai", '秘': "bi",
	'繁': "po", '牟': "mu", '覃': "qin", '召': "shao", '藏': "zang", '卜': "bu",
	'都': "du", '阚': "kan", '佴': "nai", '郇': "xun", '隗': "wei", '折': "she",
	'乜': "nie", '能': "nai", '粘': "nian", '薄': "bo", '重': "chong", '适': "kuo",
	'蕃': "pi",
}

// given are characters of given names that people read in more than one way,
// the commoner way first, or otherwise than the table says.
var given = map[rune][]string{
	'乐': {"le", "yue"}, '行': {"xing", "hang"}, '长': {"chang", "zhang"}, '朝': {"chao", "zhao"},
	'茜': {"qian", "xi"}, '莎': {"sha", "suo"}, '晟': {"sheng", "cheng"}, '重': {"chong", "zhong"},
	'柏': {"bai", "bo"}, '隽': {"jun", "juan"}, '曾': {"zeng", "ceng"}, '蔓': {"man", "wan"},
	'召': {"zhao", "shao"}, '仔': {"zai", "zi"}, '省': {"sheng", "xing"}, '说': {"yue", "shuo"},
	'浚': {"jun", "xun"}, '调': {"diao", "tiao"}, '缪': {"miao", "mou"}, '折': {"zhe", "she"},
	'藏': {"zang", "cang"}, '解': {"jie", "xie"}, '俟': {"si"}, '翟': {"di", "zhai"},
	'莘': {"xin", "shen"}, '玢': {"bin", "fen"}, '禔': {"ti", "zhi"}, '琢': {"zhuo"},
	'炔': {"que"}, '钿': {"dian", "tian"}, '阿': {"a", "e"}, '纶': {"lun", "guan"},
	'泊': {"bo"},
}

// compounds are the compound surnames 复姓 with their two syllables.
var compounds = compound(`欧阳 ou yang 上官 shang guan 司马 si ma 司徒 si tu 司空 si kong 司寇 si kou
	诸葛 zhu ge 夏侯 xia hou 皇甫 huang fu 尉迟 yu chi 公孙 gong sun 长孙 zhang sun 慕容 mu rong
	令狐 ling hu 宇文 yu wen 端木 duan mu 独孤 du gu 南宫 nan gong 东方 dong fang 西门 xi men
	轩辕 xuan yuan 百里 bai li 呼延 hu yan 东郭 dong guo 万俟 mo qi 单于 chan yu 鲜于 xian yu
	澹台 tan tai 闻人 wen ren 太史 tai shi 申屠 shen tu 淳于 chun yu 钟离 zhong li 濮阳 pu yang
	赫连 he lian 拓跋 tuo ba 完颜 wan yan 耶律 ye lv 纳兰 na lan 公冶 gong ye 公羊 gong yang
	宗政 zong zheng 太叔 tai shu 仲孙 zhong sun 叔孙 shu sun 闾丘 lv qiu 左丘 zuo qiu 梁丘 liang qiu
	乐正 yue zheng 漆雕 qi diao 颛孙 zhuan sun 宰父 zai fu 谷梁 gu liang 段干 duan gan 亓官 qi guan
	巫马 wu ma 微生 wei sheng 羊舌 yang she 南门 nan men 东门 dong men 第五 di wu 哥舒 ge shu
	钟吾 zhong wu 公良 gong liang 壤驷 rang si 子车 zi ju 呼衍 hu yan`)

// compound makes the map of the list: surname, two syllables, and so on.
func compound(list string) map[string]string {
	words := strings.Fields(list)
	out := make(map[string]string, len(words)/3)
	for i := 0; i+2 < len(words); i += 3 {
		out[words[i]] = words[i+1] + " " + words[i+2]
	}
	return out
}
