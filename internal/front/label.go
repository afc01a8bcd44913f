package front

import "strings"

// browsers and systems are looked for in this order: Edge calls itself Chrome,
// and Chrome calls itself Safari.
var (
	browsers = [][2]string{{"MicroMessenger/", "WeChat"}, {"wxwork/", "WeCom"}, {"DingTalk/", "DingTalk"}, {"Edg", "Edge"}, {"HuaweiBrowser/", "Huawei Browser"},
		{"MiuiBrowser/", "Mi Browser"}, {"QQBrowser/", "QQ Browser"}, {"UCBrowser/", "UC Browser"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"},
		{"CriOS/", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}}
	systems = [][2]string{{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"HarmonyOS", "HarmonyOS"}, {"OpenHarmony", "HarmonyOS"}, {"Android", "Android"},
		{"Windows", "Windows"}, {"Mac OS X", "macOS"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"}}
)

// Label is what a person calls a browser: "Chrome, Windows". It comes from
// closed lists, so that nothing a stranger sends is stored or shown. "" where
// neither is known.
func Label(userAgent string) string {
	var parts []string
	for _, list := range [][][2]string{browsers, systems} {
		for _, x := range list {
			if strings.Contains(userAgent, x[0]) {
				parts = append(parts, x[1])
				break
			}
		}
	}
	return strings.Join(parts, ", ")
}
