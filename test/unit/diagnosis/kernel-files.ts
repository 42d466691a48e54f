// Files of /proc and /sys as Linux 6.18 prints them, for tests that change a line.

/** Two interfaces; eth0 has two groups beside that of all hosts. */
export const IGMP = `Idx	Device    : Count Querier	Group    Users Timer	Reporter
1	lo        :     1      V3
				010000E0     1 0:00000000		0
4	eth0      :     3      V2
				050201EF     2 0:00000000		0
				FB0000E0     1 1:0000012A		1
				010000E0     1 0:00000000		0
`;

export const IGMP6 = `1    lo              ff020000000000000000000000000001     1 0000000C 0
4    eth0            ff150000000000000000000000000005     3 00000004 0
4    eth0            ff0200000000000000000001ff000002     1 00000004 0
`;

export const UDP = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops            
 1254: 00000000:1388 00000000:0000 07 00000000:00000400 00:00000000 00000000  1000        0 4711 2 0000000000000000 17        
 1255: 0100007F:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4712 2 0000000000000000 0         
`;

export const UDP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  999: 00000000000000000000000000000000:14E9 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000    33        0 4713 2 0000000000000000 0
  999: 000080FE00000000FF00FC0201000000:14E9 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000    33        0 4714 2 0000000000000000 0
`;

export const SNMP = `Ip: Forwarding DefaultTTL InReceives ForwDatagrams InDelivers ReasmReqds ReasmOKs
Ip: 2 64 100 0 90 0 0
Tcp: RtoAlgorithm MaxConn
Tcp: 1 -1
Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors IgnoredMulti MemErrors
Udp: 50 1 2 60 2 0 0 7 0
`;

export const NETSTAT = `TcpExt: SyncookiesSent IPReversePathFilter
TcpExt: 0 5
IpExt: InNoRoutes InMcastPkts OutMcastPkts
IpExt: 0 200 100
`;

export const SNMP6 = `Ip6InReceives                   	10
Ip6InDelivers                   	9
Ip6OutForwDatagrams             	0
Ip6InMcastPkts                  	4
Ip6OutMcastPkts                 	3
Ip6ReasmReqds                   	0
Ip6ReasmOKs                     	0
Udp6InDatagrams                 	9
Udp6NoPorts                     	0
Udp6InErrors                    	0
Udp6IgnoredMulti                	1
`;

/** The second interface leaves no space behind its colon, as kernels before 2.6 did. */
export const DEV = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:     336       4    0    0    0     0          0         0      336       4    0    0    0     0       0          0
  eth0:   34526     100    0    0    0     0          0         0    13396     138    0    0    0     0       0          0
 eth10:1234567      7    0    0    0     0          0         0     1339     138    0    0    0     0       0          0
`;

export const MCFILTER = `Idx Device        MCA        SRC    INC    EXC
  4   eth0 0xef010205 0xc0000207      1      0
`;

export const MCFILTER6 = `Idx Device                Multicast Address                   Source Address    INC    EXC
  4   eth0 ff150000000000000000000000000005 20010db8000000000000000000000007      0      2
`;

export const IF_INET6 = `fe8000000000000002fc00fffe000001 04 40 20 80     eth0
fd000000000000000000000000000002 04 40 00 c8     eth0
00000000000000000000000000000001 01 80 10 80       lo
`;

export const ROUTE = `Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth0	00000000	010200C0	0003	0	0	100	00000000	0	0	0
eth1	000000E0	00000000	0001	0	0	0	000000F0	0	0	0
eth0	000200C0	00000000	0001	0	0	0	00FFFFFF	0	0	0
*	050201EF	00000000	0201	0	0	0	FFFFFFFF	0	0	0
`;

export const IPV6_ROUTE = `fd000000000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0
00000000000000000000000000000000 00 00000000000000000000000000000000 00 fd000000000000000000000000000001 00000400 00000003 00000000 00000003     eth0
ff000000000000000000000000000000 08 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000005 00000000 00000001     eth0
00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo
`;

/** All of them, at their paths. */
export const PROC: Readonly<Record<string, string>> = {
  "/proc/self/net/igmp": IGMP,
  "/proc/self/net/igmp6": IGMP6,
  "/proc/self/net/udp": UDP,
  "/proc/self/net/udp6": UDP6,
  "/proc/self/net/snmp": SNMP,
  "/proc/self/net/netstat": NETSTAT,
  "/proc/self/net/snmp6": SNMP6,
  "/proc/self/net/dev_snmp6/eth0": SNMP6,
  "/proc/self/net/dev": DEV,
  "/proc/self/net/mcfilter": MCFILTER,
  "/proc/self/net/mcfilter6": MCFILTER6,
  "/proc/self/net/if_inet6": IF_INET6,
  "/proc/self/net/route": ROUTE,
  "/proc/self/net/ipv6_route": IPV6_ROUTE,
  "/proc/sys/net/ipv4/igmp_max_memberships": "20\n",
};
