package sample

import (
	"math/rand/v2"
	"sort"
)

// Surnames in the order of how many people have them. The first twenty-two:
// Ministry of Public Security 公安部, 24 April 2007, from the registers of all
// households (reported by Xinhua and China Daily, 25 April 2007): 王 7.25 %,
// 李 7.19 %, 张 6.83 %; the next seven above 20 million each, the next twelve
// between 10 and 20 million; the first hundred together 84.77 %. The rest in
// the order of Yuan Yida, Chinese Academy of Sciences, January 2006 (People's
// Daily, 11 January 2006).
const surnames = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁" +
	"宋谢唐韩曹许邓萧冯曾程蔡彭潘袁于董余苏叶吕魏蒋田杜丁沈姜范江傅钟卢汪戴崔任陆廖姚方金邱夏谭韦贾邹石熊孟秦阎薛侯雷白龙段郝孔邵史毛常万顾赖武康贺严尹钱施牛洪龚"

// Compound surnames with their bearers in ten thousands: Ministry of Public
// Security, 二〇二〇年全国姓名报告, 8 February 2021.
var compound = []struct {
	name string
	n    float64
}{
	{"欧阳", 111.2}, {"上官", 8.8}, {"皇甫", 6.4}, {"令狐", 5.5}, {"诸葛", 4.8}, {"司徒", 4.7}, {"司马", 2.3}, {"申屠", 1.9}, {"夏侯", 1.1},
}

// rare stand for the 15 % outside the hundred: surnames that the reports name
// as standing next to it (汤, 欧: 二〇一九年全国姓名报告) and a few more.
const rare = "汤欧易乔文庞樊殷陶翟安颜倪温芦季俞章鲁葛"

// A wheel draws names by weight.
type wheel struct {
	names []string
	upto  []float64
}

func (w *wheel) add(name string, weight float64) {
	if n := len(w.upto); n > 0 {
		weight += w.upto[n-1]
	}
	w.names, w.upto = append(w.names, name), append(w.upto, weight)
}

func (w *wheel) draw(r *rand.Rand) string {
	x := r.Float64() * w.upto[len(w.upto)-1]
	return w.names[min(sort.SearchFloat64s(w.upto, x), len(w.names)-1)]
}

// surnameWheel has the three published shares, for the ranks 4 to 100 a share
// of 17.75/(rank−0.7) %, which fits what else is published: rank 4 at 5.4 %,
// rank 10 above 1.54 % (20 million), rank 22 above 0.77 % (10 million), all
// hundred together 84.8 %.
func surnameWheel() (w wheel) {
	const people = 1_300_000_000
	left := 100.0
	rank := 0
	for _, s := range surnames {
		rank++
		share := 17.75 / (float64(rank) - 0.7)
		if rank <= 3 {
			share = [...]float64{7.25, 7.19, 6.83}[rank-1]
		}
		if rank > 100 {
			break
		}
		w.add(string(s), share)
		left -= share
	}
	for _, c := range compound {
		share := c.n * 10_000 / people * 100
		w.add(c.name, share)
		left -= share
	}
	for _, s := range rare {
		w.add(string(s), left/float64(len([]rune(rare))))
	}
	return w
}

// Characters of given names, all from the ministry's reports. Both: the ten
// most used of all, in their order (二〇一九年全国姓名报告). Of women and men:
// those it names for each decade and those of the ten most used names of
// newborn girls and boys (二〇二〇年全国姓名报告).
const (
	bothChars  = "英华文玉秀明丽兰红金"
	womenChars = "静敏娜芳婷雪一诺依欣怡梓涵语桐妍可汐雨梦瑶"
	menChars   = "伟军勇建国磊杰浩涛宇轩奕辰亦子墨航然豪宸"
)

// oneChar is the share of names with a given name of one character, per cent:
// names of two characters in all are 6.3 % (二〇二〇年全国姓名报告).
const oneChar = 6.3

// name draws a surname and a given name. Within each list the characters are
// used by rank, as a word list is (weight 1/(rank+2)); a third comes from the
// list of both.
func (s *Source) name(r *rand.Rand, gender string) string {
	own := womenChars
	if gender == "m" {
		own = menChars
	}
	given := char(r, own)
	if r.Float64()*100 >= oneChar {
		given = char(r, own) + given
	}
	return s.surnames.draw(r) + given
}

func char(r *rand.Rand, own string) string {
	list := []rune(own)
	if r.IntN(3) == 0 {
		list = []rune(bothChars)
	}
	sum := 0.0
	for i := range list {
		sum += 1 / float64(i+3)
	}
	x := r.Float64() * sum
	for i, c := range list {
		if x -= 1 / float64(i+3); x <= 0 {
			return string(c)
		}
	}
	return string(list[0])
}
