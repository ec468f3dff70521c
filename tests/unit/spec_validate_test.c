/* Rules between members: one row each, with the words and the place. */
#include "spec_case.h"

#include <stdio.h>

#include "spec/sysctl.h"

#define USER_NS ",{'type':'user'}"
#define MAP     "[{'containerID':0,'hostID':1000,'size':1}]"
#define TIME_NS ",{'type':'time'}"
#define IPC_NS  ",{'type':'ipc','path':'/proc/1/ns/ipc'}"
#define UTS_NS  ",{'type':'uts','path':''}"
#define RES(x)  LINUX("", "'resources':{" x "}")
#define SECC(x) LINUX("", "'seccomp':{" x "}")
#define RLIM(x) \
	PROCESS("'args':['a'],'cwd':'/','rlimits':[{'type':'RLIMIT_AS','soft':1,'hard':1}," x "]")
#define X64       "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define NO_SYSCTL "not namespaced: it would change the host"

static const struct {
	const char *json, *text;
} bad[] = {
	/* the top */
	{ "{'ociVersion':'1','root':{'path':@''},'process':{'args':['a'],'cwd':'/'},"
	  "'linux':{'namespaces':[" MOUNT "]}}",
		"root.path: expected a string that is not empty, found \"\"" },
	{ PROCESS("'args':@[],'cwd':'/'"), "process.args: must not be empty" },
	{ PROCESS("'args':['a'],'cwd':@'x/'"),
		"process.cwd: expected an absolute path, found \"x/\"" },
	{ PROCESS("'args':['a'],'cwd':@''"), "process.cwd: expected an absolute path, found \"\"" },
	{ TOP("'mounts':[{'destination':'a'},{'destination':@''}]"),
		"mounts[1].destination: expected a string that is not empty, found \"\"" },
	{ TOP("'annotations':{'a':'b',@'':'c'}"), "annotations[\"\"]: the key must not be empty" },
	{ TOP("'hostname':@'h'"), "hostname: needs a uts namespace in linux.namespaces" },
	{ TOP("'domainname':@'h'"), "domainname: needs a uts namespace in linux.namespaces" },
	{ LINUX(UTS_NS, "'x':1},'hostname':@'" X64 "x'"
			",'y':{"),
		"hostname: expected a name of at most 64 bytes, found \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"" },
	{ LINUX(UTS_NS, "'x':1},'domainname':@'" X64 "x'"
			",'y':{"),
		"domainname: expected a name of at most 64 bytes, found \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"" },
	{ RLIM("{'type':@'RLIMIT_AS','soft':1,'hard':1}"),
		"process.rlimits[1].type: \"RLIMIT_AS\" is listed twice" },
	{ RLIM("{'type':'RLIMIT_CPU','soft':@2,'hard':1}"),
		"process.rlimits[1].soft: 2 is above the hard limit 1" },
	/* namespaces */
	{ "@" BASE "}", "linux.namespaces: a mount namespace is required" },
	{ BASE ",\n'linux':@{}}", "linux.namespaces: a mount namespace is required" },
	{ BASE ",\n'linux':{'namespaces':@[{'type':'pid'}]}}",
		"linux.namespaces: a mount namespace is required" },
	{ LINUX(",{'type':'pid'},{'type':@'pid','path':'/x'}", "'x':1"),
		"linux.namespaces[2].type: \"pid\" is listed twice" },
	{ LINUX(",{'type':'pid','path':@'x'}", "'x':1"),
		"linux.namespaces[1].path: expected an absolute path, found \"x\"" },
	/* id maps */
	{ LINUX("", "'uidMappings':@" MAP),
		"linux.uidMappings: needs a user namespace in linux.namespaces" },
	{ LINUX("", "'gidMappings':@" MAP),
		"linux.gidMappings: needs a user namespace in linux.namespaces" },
	{ LINUX(USER_NS, "'uidMappings':@" MAP),
		"linux.gidMappings: missing, though there are uidMappings" },
	{ LINUX(USER_NS, "'gidMappings':@" MAP ",'uidMappings':[]"),
		"linux.uidMappings: missing, though there are gidMappings" },
	{ LINUX(USER_NS, "'uidMappings':[{'containerID':0,'hostID':1,'size':@0}]"),
		"linux.uidMappings[0].size: must not be 0" },
	{ LINUX(USER_NS, "'uidMappings':" MAP
			 ",'gidMappings':[{'containerID':@2,'hostID':1,'size':4294967294}]"),
		"linux.gidMappings[0].containerID: with size 4294967294, goes beyond the id "
		"4294967294" },
	{ LINUX(USER_NS, "'uidMappings':[{'containerID':0,'hostID':@2,'size':4294967294}]"),
		"linux.uidMappings[0].hostID: with size 4294967294, goes beyond the id "
		"4294967294" },
	{ LINUX(USER_NS, "'uidMappings':[{'containerID':5,'hostID':1,'size':5},\n"
			 "{'containerID':@9,'hostID':100,'size':1}]"),
		"linux.uidMappings[1].containerID: overlaps with entry 0" },
	{ LINUX(USER_NS, "'uidMappings':[{'containerID':5,'hostID':10,'size':5},\n"
			 "{'containerID':10,'hostID':@1,'size':10}]"),
		"linux.uidMappings[1].hostID: overlaps with entry 0" },
	/* time */
	{ LINUX("", "'timeOffsets':@{'boottime':{'secs':1}}"),
		"linux.timeOffsets: needs a time namespace in linux.namespaces" },
	{ LINUX(",{'type':'time','path':'/x'}", "'timeOffsets':@{'monotonic':{'secs':1}}"),
		"linux.timeOffsets: the time namespace is joined by its path: it has its offsets "
		"already" },
	/* devices, paths */
	{ LINUX("", "'devices':[{'type':'p','path':@'dev/x'}]"),
		"linux.devices[0].path: expected an absolute path, found \"dev/x\"" },
	{ LINUX("", "'devices':[{'type':'p','path':'/x'},@{'type':'c','path':'/x','minor':1}]"),
		"linux.devices[1].major: missing" },
	{ LINUX("", "'devices':[@{'type':'u','path':'/x','major':1}]"),
		"linux.devices[0].minor: missing" },
	{ LINUX("", "'devices':[{'type':'b','path':'/x','major':1,'minor':@-1}]"),
		"linux.devices[0].minor: must not be negative" },
	{ LINUX("", "'maskedPaths':['/a',@'b']"),
		"linux.maskedPaths[1]: expected an absolute path, found \"b\"" },
	{ LINUX("", "'readonlyPaths':[@'']"),
		"linux.readonlyPaths[0]: expected an absolute path, found \"\"" },
	/* sysctl */
	{ LINUX("", "'sysctl':{@'vm.swappiness':'1'}"),
		"linux.sysctl[\"vm.swappiness\"]: " NO_SYSCTL },
	{ LINUX("", "'sysctl':{@'kernel.shm':'1'}"), "linux.sysctl[\"kernel.shm\"]: " NO_SYSCTL },
	{ LINUX(IPC_NS, "'sysctl':{@'kernel.semx':'1'}"),
		"linux.sysctl[\"kernel.semx\"]: " NO_SYSCTL },
	{ LINUX(IPC_NS, "'sysctl':{@'kernel.hostname':'1'}"),
		"linux.sysctl[\"kernel.hostname\"]: not to be set here" },
	{ LINUX("", "'sysctl':{@'net.ipv4.ip_forward':'1'}"),
		"linux.sysctl[\"net.ipv4.ip_forward\"]: needs a network namespace in "
		"linux.namespaces: it would change the host" },
	{ LINUX("", "'sysctl':{@'net/ipv4/ip_forward':'1'}"),
		"linux.sysctl[\"net/ipv4/ip_forward\"]: needs a network namespace in "
		"linux.namespaces: it would change the host" },
	{ LINUX("", "'sysctl':{@'fs.mqueue.msg_max':'1'}"),
		"linux.sysctl[\"fs.mqueue.msg_max\"]: needs an ipc namespace in linux.namespaces: "
		"it would change the host" },
	{ LINUX("", "'sysctl':{@'kernel.sem':'1'}"),
		"linux.sysctl[\"kernel.sem\"]: needs an ipc namespace in linux.namespaces: it "
		"would change the host" },
	{ LINUX("", "'sysctl':{@'kernel.domainname':'1'}"),
		"linux.sysctl[\"kernel.domainname\"]: needs a uts namespace in linux.namespaces: "
		"it would change the host" },
	{ LINUX("", "'sysctl':{@'user.max_user_namespaces':'1'}"),
		"linux.sysctl[\"user.max_user_namespaces\"]: needs a user namespace in "
		"linux.namespaces: it would change the host" },
	{ LINUX(IPC_NS, "'sysctl':{@'fs.mqueue/../../kernel/x':'1'}"),
		"linux.sysctl[\"fs.mqueue/../../kernel/x\"]: not the name of a kernel parameter" },
	{ LINUX(IPC_NS, "'sysctl':{'kernel.sem':@'1\\n2'}"),
		"linux.sysctl[\"kernel.sem\"]: a line break in the value" },
	/* resources */
	{ RES("'memory':{'swap':@1}"),
		"linux.resources.memory.swap: cannot set swap limit without the memory limit" },
	{ RES("'memory':{'swap':@1,'limit':2}"),
		"linux.resources.memory.swap: 1 is below the limit 2: swap counts memory and swap "
		"together" },
	{ RES("'devices':[{'allow':false},{'allow':true,'access':@'rwx'}]"),
		"linux.resources.devices[1].access: expected some of the letters r, w and m, "
		"found \"rwx\"" },
	{ RES("'blockIO':{'weight':@9}"),
		"linux.resources.blockIO.weight: expected 0 or a number from 10 to 1000, found 9" },
	{ RES("'blockIO':{'weightDevice':[{'major':1,'minor':1,'weight':@9}]}"),
		"linux.resources.blockIO.weightDevice[0].weight: expected 0 or a number from 10 "
		"to 1000, found 9" },
	{ RES("'hugepageLimits':[{'pageSize':@'2M','limit':1}]"),
		"linux.resources.hugepageLimits[0].pageSize: expected a size like 2MB or 1GB, "
		"found \"2M\"" },
	{ RES("'hugepageLimits':[{'pageSize':@'02MB','limit':1}]"),
		"linux.resources.hugepageLimits[0].pageSize: expected a size like 2MB or 1GB, "
		"found \"02MB\"" },
	{ RES("'hugepageLimits':[{'pageSize':@'2','limit':1}]"),
		"linux.resources.hugepageLimits[0].pageSize: expected a size like 2MB or 1GB, "
		"found \"2\"" },
	{ RES("'rdma':{@'a b':{}}"),
		"linux.resources.rdma[\"a b\"]: the name of a device is empty or has a space" },
#define UNIFIED(key)                                                      \
	{                                                                 \
		RES("'unified':{'pids.max':'1',@'" key "':'1'}"),         \
			"linux.resources.unified[\"" key                  \
			"\"]: not a cgroup file that a container may set" \
	}
	UNIFIED(""),
	UNIFIED("memory"),
	UNIFIED("../memory.max"),
	UNIFIED(".."),
	UNIFIED(".x"),
	UNIFIED("x."),
	UNIFIED("cgroup.procs"),
	UNIFIED("cgroup.subtree_control"),
	/* seccomp */
	{ SECC("'defaultAction':@'SCMP_ACT_NOTIFY'"),
		"linux.seccomp.defaultAction: SCMP_ACT_NOTIFY cannot be the default action" },
	{ SECC("'defaultAction':'SCMP_ACT_ALLOW','defaultErrnoRet':@1"),
		"linux.seccomp.defaultErrnoRet: only SCMP_ACT_ERRNO and SCMP_ACT_TRACE have a "
		"number, defaultAction is SCMP_ACT_ALLOW" },
	{ SECC("'defaultAction':'SCMP_ACT_ALLOW',\n'syscalls':[{'names':@[],"
	       "'action':'SCMP_ACT_LOG'}]"),
		"linux.seccomp.syscalls[0].names: must not be empty" },
	{ SECC("'defaultAction':'SCMP_ACT_ALLOW',\n'syscalls':[{'names':['a',@''],"
	       "'action':'SCMP_ACT_LOG'}]"),
		"linux.seccomp.syscalls[0].names[1]: expected a string that is not empty, found \"\"" },
	{ SECC("'defaultAction':'SCMP_ACT_ALLOW',\n'syscalls':[{'names':['a'],"
	       "'action':'SCMP_ACT_KILL','errnoRet':@0}]"),
		"linux.seccomp.syscalls[0].errnoRet: only SCMP_ACT_ERRNO and SCMP_ACT_TRACE have "
		"a number, action is SCMP_ACT_KILL" },
};

Test(spec_validate, bad)
{
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		spec_case_expect(bad[i].json, -EINVAL, bad[i].text, NULL);
}

static const char *const good[] = {
	PROCESS("'args':[''],'cwd':'/','env':['A','=x','','B=1']"),
	TOP("'hostname':'','mounts':[{'destination':'relative'}]"),
	LINUX(UTS_NS, "'sysctl':{'kernel.domainname':'x'}},'hostname':'" X64 "','y':{"),
	LINUX(UTS_NS, "'x':1},'domainname':'" X64 "','hostname':'h','y':{"),
	LINUX("", "'uidMappings':[],'gidMappings':[],'maskedPaths':[],'timeOffsets':{}"),
	LINUX(USER_NS, "'uidMappings':" MAP ",'gidMappings':" MAP),
	LINUX(USER_NS, "'sysctl':{'user.max_user_namespaces':'1'}"),
	LINUX(",{'type':'user','path':'/x'}", "'uidMappings':[]"),
	LINUX(USER_NS, "'uidMappings':[{'containerID':5,'hostID':10,'size':5},{'containerID':10,"
		       "'hostID':15,'size':10}],'gidMappings':[{'containerID':0,'hostID':0,"
		       "'size':4294967295}]"),
	LINUX(TIME_NS, "'timeOffsets':{'boottime':{'secs':-1},'monotonic':{'nanosecs':1}}"),
	LINUX(IPC_NS, "'sysctl':{'kernel.sem':'1\\t2','fs/mqueue/msg_max':''}"),
	LINUX(",{'type':'user','path':'/x'}", "'uidMappings':" MAP ",'gidMappings':" MAP),
	LINUX(",{'type':'network'}", "'sysctl':{'net.ipv4.conf.eth0/1.forwarding':'1'}"),
	LINUX("", "'devices':[{'type':'p','path':'/x'},{'type':'p','path':'/y','major':0,"
		  "'minor':0},{'type':'c','path':'/z','major':1,'minor':0}]"),
	RES("'memory':{'limit':-1,'swap':5}"),
	RES("'memory':{'limit':5,'swap':5}"),
	RES("'memory':{'limit':5,'swap':-1}"),
	RES("'memory':{'limit':5,'swap':0}"),
	RES("'memory':{'swap':-1}"),
	RES("'devices':[{'allow':true,'access':'rwm','major':-1},{'allow':false,'access':''}]"),
	RES("'blockIO':{'weight':0,'leafWeight':10},'hugepageLimits':[{'pageSize':'64KB','limit':0}]"),
	RES("'unified':{'memory.high':'1','hugetlb.2MB.max':'','cgroup.max.depth':'1',"
	    "'cgroup.max.descendants':'1'}"),
	SECC("'defaultAction':'SCMP_ACT_ERRNO','defaultErrnoRet':38,'syscalls':[{'names':['a'],"
	     "'action':'SCMP_ACT_TRACE','errnoRet':1}]"),
};

Test(spec_validate, good)
{
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		spec_case_expect(good[i], 0, "", "");
}

Test(spec_validate, hint)
{
	spec_case_expect(LINUX(UTS_NS, "'sysctl':{@'kernel/hostname':'1'}"), -EINVAL,
		"linux.sysctl[\"kernel/hostname\"]: not to be set here",
		"set the member hostname instead");
}

/* The kernel takes 340 lines of a map. */
Test(spec_validate, map_lines)
{
	for (size_t count = 340; count <= 341; count++) {
		char *const row = malloc(32768), *end = row;

		cr_assert(row != NULL);
		end += sprintf(end,
			"%s,'linux':{'namespaces':[" MOUNT USER_NS "],'gidMappings':" MAP
			",'uidMappings':%s[",
			BASE, count > 340 ? "@" : "");
		for (size_t i = 0; i < count; i++)
			end += sprintf(end, "%s{'containerID':%zu,'hostID':%zu,'size':1}",
				i > 0 ? "," : "", i, i);
		(void)sprintf(end, "]}}");
		spec_case_expect(row, count > 340 ? -EINVAL : 0,
			count > 340 ? "linux.uidMappings: more than 340 entries" : "", "");
		free(row);
	}
}

static const struct {
	const char *name, *path; /* NULL: refused */
} names[] = {
	{ "net.ipv4.ip_forward", "net/ipv4/ip_forward" },
	{ "net/ipv4/ip_forward", "net/ipv4/ip_forward" },
	{ "net.ipv4.conf.eth0/1.forwarding", "net/ipv4/conf/eth0.1/forwarding" },
	{ "net/ipv4/conf/eth0.1/forwarding", "net/ipv4/conf/eth0.1/forwarding" },
	{ "kernel", "kernel" },
	{ "", NULL },
	{ ".", NULL },
	{ "/", NULL },
	{ "net..x", NULL },
	{ "net.", NULL },
	{ ".net", NULL },
	{ "/net/x", NULL },
	{ "net/../x", NULL },
	{ "net/./x", NULL },
	{ "net.//.x", NULL }, /* ".." in disguise */
	{ "net./.x", NULL },
	{ "net.a\nb", NULL },
	{ "net.a\x7f", NULL },
	{ "net." X64 X64 X64 X64, NULL },
};

Test(spec_validate, sysctl_names)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		char path[SPEC_SYSCTL_SIZE] = "";
		const int rc = spec_sysctl_path(names[i].name, path);

		cr_expect(eq(int, rc, names[i].path == NULL ? -EINVAL : 0), "%s", names[i].name);
		if (names[i].path != NULL)
			cr_expect(eq(str, path, (char *)names[i].path));
	}
}
