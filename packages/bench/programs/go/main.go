// Go's net package as most programs use it: a goroutine that reads, and a write per datagram.
package main

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Numbering of datagrams, which the programs of all languages share: see ../c/datagram.h.
const (
	measured = 0x80000000
	end      = 0xffffffff
	sample   = 1023
	burst    = 64
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func option(name, fallback string) string {
	for _, argument := range os.Args[2:] {
		if strings.HasPrefix(argument, name+"=") {
			return argument[len(name)+1:]
		}
	}
	return fallback
}

func number(name string, fallback string) float64 {
	value, err := strconv.ParseFloat(option(name, fallback), 64)
	must(err)
	return value
}

func cpuUs() int64 {
	var usage syscall.Rusage
	must(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return (usage.Utime.Sec+usage.Stime.Sec)*1e6 + usage.Utime.Usec + usage.Stime.Usec
}

func fill(bytes []byte, n uint32) {
	binary.LittleEndian.PutUint32(bytes, n)
	if n&sample != 0 {
		return
	}
	for i := 4; i < len(bytes); i++ {
		bytes[i] = byte(n + uint32(i))
	}
}

func isIntact(bytes []byte, n uint32) bool {
	for i := 4; i < len(bytes); i++ {
		if bytes[i] != byte(n+uint32(i)) {
			return false
		}
	}
	return true
}

type tally struct {
	size                                             int
	next                                             uint32
	received, bytes, missing, misordered, corrupted int64
	startedCPUUs                                     int64
	started                                          time.Time
}

func (t *tally) start() {
	*t = tally{size: t.size, next: measured, startedCPUUs: cpuUs(), started: time.Now()}
}

// count returns false when the datagram was the end.
func (t *tally) count(bytes []byte) bool {
	n := binary.LittleEndian.Uint32(bytes)
	if n != t.next {
		if n == end {
			return false
		}
		if n >= measured && t.next < measured {
			t.start()
		}
		if n < t.next {
			t.misordered++
		} else {
			t.missing += int64(n - t.next)
		}
	}
	t.next = n + 1
	t.received++
	t.bytes += int64(len(bytes))
	if len(bytes) != t.size || (n&sample == 0 && !isIntact(bytes, n)) {
		t.corrupted++
	}
	return true
}

func (t *tally) report() {
	fmt.Printf("result received=%d bytes=%d missing=%d misordered=%d corrupted=%d cpuUs=%d seconds=%f\n", t.received, t.bytes, t.missing,
		t.misordered, t.corrupted, cpuUs()-t.startedCPUUs, time.Since(t.started).Seconds())
}

func serve(answers bool) {
	connection, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	must(err)
	fmt.Printf("ready %d\n", connection.LocalAddr().(*net.UDPAddr).Port)
	t := tally{size: int(number("size", "64"))}
	buffer := make([]byte, 65536)
	for {
		length, from, err := connection.ReadFromUDPAddrPort(buffer)
		must(err)
		if !t.count(buffer[:length]) {
			break
		}
		if answers {
			_, err = connection.WriteToUDPAddrPort(buffer[:length], from)
			must(err)
		}
	}
	t.report()
}

type sending struct {
	connection *net.UDPConn
	connected  bool
	to         []netip.AddrPort
	numbers    []uint32
	next       int
	sent       int64
	buffer     []byte
}

func (s *sending) sendFor(seconds float64, first uint32) {
	for i := range s.numbers {
		s.numbers[i] = first
	}
	s.sent = 0
	until := time.Now().Add(time.Duration(seconds * 1e9))
	for time.Now().Before(until) {
		for i := 0; i < burst; i++ {
			s.sendOne()
		}
		s.sent += burst
	}
}

func (s *sending) sendOne() {
	at := s.next
	s.next = (at + 1) % len(s.to)
	fill(s.buffer, s.numbers[at])
	s.numbers[at]++
	var err error
	if s.connected {
		_, err = s.connection.Write(s.buffer)
	} else {
		_, err = s.connection.WriteToUDPAddrPort(s.buffer, s.to[at])
	}
	must(err)
}

func open(to []netip.AddrPort) (*net.UDPConn, bool) {
	if len(to) == 1 && !to[0].Addr().IsMulticast() {
		connection, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(to[0]))
		must(err)
		return connection, true
	}
	connection, err := net.ListenUDP("udp4", nil)
	must(err)
	raw, err := connection.SyscallConn()
	must(err)
	must(raw.Control(func(fd uintptr) {
		must(syscall.SetsockoptInet4Addr(int(fd), syscall.IPPROTO_IP, syscall.IP_MULTICAST_IF, [4]byte{127, 0, 0, 1}))
	}))
	return connection, false
}

func send() {
	var to []netip.AddrPort
	for _, text := range strings.Split(option("to", ""), ",") {
		to = append(to, netip.MustParseAddrPort(text))
	}
	connection, connected := open(to)
	s := sending{connection: connection, connected: connected, to: to, numbers: make([]uint32, len(to)), buffer: make([]byte, int(number("size", "64")))}
	fmt.Println("ready")
	s.sendFor(number("warm", "0.5"), 0)
	cpu, start := cpuUs(), time.Now()
	s.sendFor(number("seconds", "1"), measured)
	fmt.Printf("result sent=%d cpuUs=%d seconds=%f\n", s.sent, cpuUs()-cpu, time.Since(start).Seconds())
}

// timers starts `count` timers and waits for them.
func timers() {
	count := int(number("count", "10000"))
	fmt.Println("ready")
	cpu, start := cpuUs(), time.Now()
	fired := make(chan struct{}, count)
	for i := 0; i < count; i++ {
		time.AfterFunc(time.Duration(1+i%1000)*time.Millisecond, func() { fired <- struct{}{} })
	}
	for i := 0; i < count; i++ {
		<-fired
	}
	fmt.Printf("result fired=%d cpuUs=%d seconds=%f\n", count, cpuUs()-cpu, time.Since(start).Seconds())
}

func main() {
	switch os.Args[1] {
	case "receive":
		serve(false)
	case "echo":
		serve(true)
	case "send":
		send()
	case "timers":
		timers()
	}
}
