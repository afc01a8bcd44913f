package law

// A Control is one control point 控制点 of the general requirements of level 2
// of the classified protection scheme 等保 (GB/T 22239-2019, chapter 7.1): what
// the program can say of it from its own state, and what only people know.
// Names and numbers were written from memory and the public outline; compare
// them with the standard before an assessment (law.md §15).
type Control struct {
	Ref            string // paragraph
	ZH, EN         string
	AskZH, AskEN   string   // what the program cannot know
	Facts          []string // codes of what the program looks at
	PartZH, PartEN string   // heading, on the first point of each part
}

// Level2 are the 68 control points, in the standard's order.
var Level2 = []Control{
	{Ref: "7.1.1.1", ZH: "物理位置选择", EN: "Site", AskZH: "服务器放在哪里？防震、防风、防雨吗？是不是避开了顶楼和地下室？", AskEN: "Where does the server stand: safe from wind, rain and tremors, not under the roof or in a cellar?", PartZH: "安全物理环境", PartEN: "Physical environment"},
	{Ref: "7.1.1.2", ZH: "物理访问控制", EN: "Physical access", AskZH: "谁有机房或柜子的钥匙？进出有登记吗？", AskEN: "Who has the key to the room or cabinet, and is entry written down?"},
	{Ref: "7.1.1.3", ZH: "防盗窃和防破坏", EN: "Theft and damage", AskZH: "设备固定并贴了标签吗？线走在看不见的地方吗？", AskEN: "Are machines fixed and labelled, and cables out of sight?"},
	{Ref: "7.1.1.4", ZH: "防雷击", EN: "Lightning", AskZH: "机柜、设备接地了吗？", AskEN: "Are cabinets and machines earthed?"},
	{Ref: "7.1.1.5", ZH: "防火", EN: "Fire", AskZH: "有灭火器或自动报警吗？", AskEN: "Is there an extinguisher or alarm?"},
	{Ref: "7.1.1.6", ZH: "防水和防潮", EN: "Water and damp", AskZH: "会不会漏水、返潮？", AskEN: "Can water or damp reach it?"},
	{Ref: "7.1.1.7", ZH: "防静电", EN: "Static", AskZH: "有防静电地板或接地吗？", AskEN: "Is there antistatic flooring or earthing?"},
	{Ref: "7.1.1.8", ZH: "温湿度控制", EN: "Temperature and humidity", AskZH: "有空调吗？夏天多少度？", AskEN: "Is the room cooled, and how warm does it get?"},
	{Ref: "7.1.1.9", ZH: "电力供应", EN: "Power", AskZH: "有稳压和备用电源吗？断电能撑多久？", AskEN: "Is there a stabiliser and spare power, and for how long?"},
	{Ref: "7.1.1.10", ZH: "电磁防护", EN: "Electromagnetic interference", AskZH: "电源线和网线分开走吗？", AskEN: "Do power and data cables run apart?"},
	{Ref: "7.1.2.1", ZH: "网络架构", EN: "Architecture", AskZH: "服务器所在网络和店里上网的网络分开吗？有网络图吗？", AskEN: "Is the server's network apart from the shop's own, and is there a plan of it?", Facts: []string{"public", "public_ok", "public_plain", "no_public"}, PartZH: "安全通信网络", PartEN: "Communication network"},
	{Ref: "7.1.2.2", ZH: "通信传输", EN: "Transmission", AskZH: "浏览器到服务器中间若有代理，代理后面那段怎么保护？", AskEN: "Where a proxy stands before the server, how is the way behind it protected?", Facts: []string{"transport", "public_ok", "public_plain", "no_public", "cert", "cert_over", "cert_soon", "cert_name", "cert_ok", "acme_none", "acme_down", "acme_ok"}},
	{Ref: "7.1.2.3", ZH: "可信验证", EN: "Trusted verification", AskZH: "设备支持可信启动吗？开了吗？", AskEN: "Does the hardware support trusted boot, and is it on?"},
	{Ref: "7.1.3.1", ZH: "边界防护", EN: "Boundary protection", AskZH: "只开了必要的端口吗？", AskEN: "Are only the needed ports open?", PartZH: "安全区域边界", PartEN: "Boundary"},
	{Ref: "7.1.3.2", ZH: "访问控制", EN: "Access control at the boundary", AskZH: "防火墙规则是默认拒绝吗？谁定期清理没用的规则？", AskEN: "Does the firewall refuse by default, and who removes stale rules?"},
	{Ref: "7.1.3.3", ZH: "入侵防范", EN: "Intrusion at the boundary", AskZH: "边界上有没有发现攻击的手段？", AskEN: "Does anything at the boundary notice attacks?"},
	{Ref: "7.1.3.4", ZH: "恶意代码防范", EN: "Malicious code at the boundary", AskZH: "边界上查病毒吗？库多久更新？", AskEN: "Is malware looked for at the boundary, and how often is the list renewed?"},
	{Ref: "7.1.3.5", ZH: "安全审计", EN: "Audit at the boundary", AskZH: "防火墙、路由器的日志存 6 个月吗？", AskEN: "Are logs of firewall and router kept for six months?"},
	{Ref: "7.1.3.6", ZH: "可信验证", EN: "Trusted verification", AskZH: "边界设备支持可信验证吗？", AskEN: "Do boundary devices support trusted verification?"},
	{Ref: "7.1.4.1", ZH: "身份鉴别", EN: "Identification", AskZH: "操作系统和数据库的账号：口令够复杂吗？多久换？远程登录加密吗？", AskEN: "Accounts of operating system and database: are passwords strong and renewed, and remote logins encrypted?", Facts: []string{"self_password", "self_throttle", "self_life", "self_factor"}, PartZH: "安全计算环境", PartEN: "Computing environment"},
	{Ref: "7.1.4.2", ZH: "访问控制", EN: "Access control", AskZH: "操作系统和数据库的默认账号改名或停用了吗？有没有几个人共用的账号？", AskEN: "Are default accounts of system and database renamed or closed, and is any shared?", Facts: []string{"self_closed", "rights_ok", "forged", "key", "key_ok", "key_elsewhere"}},
	{Ref: "7.1.4.3", ZH: "安全审计", EN: "Audit", AskZH: "操作系统的日志开了吗？存在哪里？", AskEN: "Is the operating system's log on, and where is it kept?", Facts: []string{"self_log", "lag", "lag_ok", "lag_idle", "clock", "clock_back", "clock_ok", "no_witness"}},
	{Ref: "7.1.4.4", ZH: "入侵防范", EN: "Intrusion", AskZH: "系统装了多余的软件、服务吗？补丁多久打一次？", AskEN: "Is there software or service that nobody needs, and how often is it patched?", Facts: []string{"self_version"}},
	{Ref: "7.1.4.5", ZH: "恶意代码防范", EN: "Malicious code", AskZH: "服务器装了防病毒软件吗？多久更新？", AskEN: "Does the server have malware protection, and how often is it renewed?"},
	{Ref: "7.1.4.6", ZH: "可信验证", EN: "Trusted verification", AskZH: "服务器支持可信启动吗？", AskEN: "Does the server support trusted boot?"},
	{Ref: "7.1.4.7", ZH: "数据完整性", EN: "Integrity", AskZH: "最近一次 kexin verify 是哪天？结果是什么？", AskEN: "When was kexin verify last run, and what did it say?", Facts: []string{"transport", "public_plain", "public_ok", "lag", "lag_ok", "rights_ok", "forged"}},
	{Ref: "7.1.4.8", ZH: "数据备份恢复", EN: "Backup and recovery", AskZH: "备份拷到另一个地方了吗？最近一次试着恢复是哪天？", AskEN: "Are backups copied elsewhere, and when was a restore last tried?", Facts: []string{"backup_ok", "backup_none", "backup_late", "backup_failed"}},
	{Ref: "7.1.4.9", ZH: "剩余信息保护", EN: "Residual information", AskZH: "换下来的硬盘怎么清？", AskEN: "How are discarded disks wiped?"},
	{Ref: "7.1.4.10", ZH: "个人信息保护", EN: "Personal information", AskZH: "除了客信，客户资料还存在哪些表格、手机、微信群里？", AskEN: "Where else does customer data lie: sheets, phones, chat groups?", Facts: []string{"self_notice"}},
	{Ref: "7.1.5.1", ZH: "系统管理", EN: "System management", AskZH: "谁是系统管理员？他的操作有记录吗？", AskEN: "Who administers the system, and is what he does recorded?", Facts: []string{"self_factor"}, PartZH: "安全管理中心", PartEN: "Management centre"},
	{Ref: "7.1.5.2", ZH: "审计管理", EN: "Audit management", AskZH: "谁看留痕？多久看一次？", AskEN: "Who reads the log, and how often?", Facts: []string{"self_audit", "self_alerts"}},
	{Ref: "7.1.6.1", ZH: "安全策略", EN: "Policy", AskZH: "有写下来的安全方针吗？", AskEN: "Is there a written security policy?", PartZH: "安全管理制度", PartEN: "Rules"},
	{Ref: "7.1.6.2", ZH: "管理制度", EN: "Rules", AskZH: "有管资料的制度和操作规程吗？", AskEN: "Are there rules and procedures for handling data?"},
	{Ref: "7.1.6.3", ZH: "制定和发布", EN: "Making and publishing", AskZH: "制度由谁定、怎么发给大家？", AskEN: "Who makes the rules, and how are they published?"},
	{Ref: "7.1.6.4", ZH: "评审和修订", EN: "Review", AskZH: "制度多久看一遍、改一遍？", AskEN: "How often are they reviewed?"},
	{Ref: "7.1.7.1", ZH: "岗位设置", EN: "Functions", AskZH: "谁负责安全？写下来了吗？", AskEN: "Who answers for security, in writing?", Facts: []string{"self_officer"}, PartZH: "安全管理机构", PartEN: "Organisation"},
	{Ref: "7.1.7.2", ZH: "人员配备", EN: "Staffing", AskZH: "系统管理员、审计管理员、安全管理员各是谁？", AskEN: "Who are system, audit and security administrators?", Facts: []string{"self_audit"}},
	{Ref: "7.1.7.3", ZH: "授权和审批", EN: "Approval", AskZH: "哪些事要先批准？谁批？", AskEN: "What needs approval, and whose?"},
	{Ref: "7.1.7.4", ZH: "沟通和合作", EN: "Contacts", AskZH: "出事找谁？公安、运营商、维护商的电话在手边吗？", AskEN: "Whom to call: police, carrier, supplier?"},
	{Ref: "7.1.7.5", ZH: "审核和检查", EN: "Inspection", AskZH: "多久自查一次？最近一次结果呢？", AskEN: "How often do you check yourselves, and what did the last check find?"},
	{Ref: "7.1.8.1", ZH: "人员录用", EN: "Hiring", AskZH: "录用时核对身份了吗？", AskEN: "Is identity checked when hiring?", PartZH: "安全管理人员", PartEN: "People"},
	{Ref: "7.1.8.2", ZH: "人员离岗", EN: "Leaving", AskZH: "离职的人交还钥匙、设备、证件了吗？", AskEN: "Do leavers give back keys, devices and badges?", Facts: []string{"self_closed"}},
	{Ref: "7.1.8.3", ZH: "安全意识教育和培训", EN: "Training", AskZH: "多久培训一次？有签到吗？", AskEN: "How often is training, and who attended?"},
	{Ref: "7.1.8.4", ZH: "外部人员访问管理", EN: "Visitors", AskZH: "外人进机房、接系统，谁批、谁陪？", AskEN: "Who lets outsiders in, and who stays with them?"},
	{Ref: "7.1.9.1", ZH: "定级和备案", EN: "Grading and filing", AskZH: "定级报告写了吗？到公安机关备案了吗？备案号？", AskEN: "Is the grading report written and filed with the police, and under which number?", PartZH: "安全建设管理", PartEN: "Building"},
	{Ref: "7.1.9.2", ZH: "安全方案设计", EN: "Design", AskZH: "有按级别设计的方案吗？", AskEN: "Is there a design for that level?"},
	{Ref: "7.1.9.3", ZH: "产品采购和使用", EN: "Products", AskZH: "安全产品、密码产品符合国家规定吗？客信没有商用密码认证。", AskEN: "Do security and cryptographic products meet the national rules? Kexin has no commercial-cryptography certificate."},
	{Ref: "7.1.9.4", ZH: "自行软件开发", EN: "Own development", AskZH: "有自己开发、对接客信的程序吗？和运行环境分开吗？", AskEN: "Do you write programs of your own, apart from the running system?"},
	{Ref: "7.1.9.5", ZH: "外包软件开发", EN: "Outsourced development", AskZH: "有外包开发吗？查过后门吗？", AskEN: "Is anything developed by others, and checked for back doors?"},
	{Ref: "7.1.9.6", ZH: "工程实施", EN: "Carrying out", AskZH: "谁负责实施？有过程记录吗？", AskEN: "Who carries it out, and is it recorded?"},
	{Ref: "7.1.9.7", ZH: "测试验收", EN: "Acceptance", AskZH: "上线前测试、验收了吗？有报告吗？", AskEN: "Was it tested and accepted before use, with a report?"},
	{Ref: "7.1.9.8", ZH: "系统交付", EN: "Handing over", AskZH: "有交付清单和培训吗？", AskEN: "Is there a list of what was handed over, and training?"},
	{Ref: "7.1.9.9", ZH: "等级测评", EN: "Assessment", AskZH: "测评过吗？哪家机构、哪天？", AskEN: "Was it assessed, by whom and when?"},
	{Ref: "7.1.9.10", ZH: "服务供应商选择", EN: "Suppliers", AskZH: "服务商签了保密和安全协议吗？", AskEN: "Have suppliers signed for secrecy and security?"},
	{Ref: "7.1.10.1", ZH: "环境管理", EN: "Premises", AskZH: "谁管机房？来访有规定吗？", AskEN: "Who looks after the room, and are there rules for visits?", PartZH: "安全运维管理", PartEN: "Operation"},
	{Ref: "7.1.10.2", ZH: "资产管理", EN: "Assets", AskZH: "有设备、软件、资料的清单吗？", AskEN: "Is there a list of machines, software and data?", Facts: []string{"self_version"}},
	{Ref: "7.1.10.3", ZH: "介质管理", EN: "Media", AskZH: "备份盘、U 盘放哪里？谁登记？", AskEN: "Where are backup disks and sticks kept, and who writes them down?"},
	{Ref: "7.1.10.4", ZH: "设备维护管理", EN: "Maintenance", AskZH: "设备谁维护？送修前清数据吗？", AskEN: "Who maintains machines, and are they wiped before repair?"},
	{Ref: "7.1.10.5", ZH: "漏洞和风险管理", EN: "Vulnerabilities", AskZH: "多久查一次漏洞、升级一次客信？", AskEN: "How often do you look for flaws and upgrade Kexin?", Facts: []string{"self_version"}},
	{Ref: "7.1.10.6", ZH: "网络和系统安全管理", EN: "Network and system", AskZH: "运维有分工、有记录吗？", AskEN: "Are duties divided and operations recorded?"},
	{Ref: "7.1.10.7", ZH: "恶意代码防范管理", EN: "Malware rules", AskZH: "外来 U 盘、附件先查毒吗？", AskEN: "Are foreign sticks and attachments scanned first?"},
	{Ref: "7.1.10.8", ZH: "配置管理", EN: "Configuration", AskZH: "系统、数据库、网络的配置存了底吗？", AskEN: "Are the settings of system, database and network written down?", Facts: []string{"pg_ok", "pg_setting"}},
	{Ref: "7.1.10.9", ZH: "密码管理", EN: "Cryptography", AskZH: "用的密码产品符合国家密码主管部门的规定吗？", AskEN: "Do cryptographic products meet the rules of the cryptography administration?", Facts: []string{"self_crypto", "key", "key_ok", "key_elsewhere"}},
	{Ref: "7.1.10.10", ZH: "变更管理", EN: "Changes", AskZH: "升级、改配置前有方案、能退回吗？", AskEN: "Is there a plan and a way back before changes?"},
	{Ref: "7.1.10.11", ZH: "备份与恢复管理", EN: "Backup rules", AskZH: "哪些要备份、多久一次、存多久，写下来了吗？", AskEN: "Is it written what is backed up, how often and how long?", Facts: []string{"backup_ok", "backup_none", "backup_late", "backup_failed"}},
	{Ref: "7.1.10.12", ZH: "安全事件处置", EN: "Incidents", AskZH: "出事谁报告、多久内、怎么记？", AskEN: "Who reports an incident, how fast, and how is it recorded?", Facts: []string{"self_alerts"}},
	{Ref: "7.1.10.13", ZH: "应急预案管理", EN: "Emergency plans", AskZH: "有应急预案吗？演练过吗？", AskEN: "Is there an emergency plan, and was it tried?"},
	{Ref: "7.1.10.14", ZH: "外包运维管理", EN: "Outsourced operation", AskZH: "运维外包了吗？协议写清责任了吗？", AskEN: "Is operation outsourced, with duties agreed?"},
}
