// A peer made with pion; README.md in the folder above says what all peers have in common.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

type peer struct {
	role, variant    string
	pc               *webrtc.PeerConnection
	tracks           []*webrtc.TrackLocalStaticRTP
	channel          atomic.Pointer[webrtc.DataChannel]
	frames, messages atomic.Int64
}

type description struct {
	Type string `json:"type"`
	SDP  string `json:"sdp"`
}

func main() {
	if os.Args[1] == "--version" {
		fmt.Println("pion", version())
		return
	}
	p := &peer{role: os.Args[1], variant: os.Args[2]}
	p.pc = connection(p.variant)
	p.pc.OnDataChannel(p.use)
	p.pc.OnTrack(p.watch)
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	gathered := webrtc.GatheringCompletePromise(p.pc)
	p.describe(lines)
	<-gathered
	local := p.pc.LocalDescription()
	say(description{local.Type.String(), local.SDP})
	if len(p.tracks) > 0 {
		p.pc.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
			if state == webrtc.PeerConnectionStateConnected {
				go p.send(os.Args[3])
			}
		})
	}
	for lines.Scan() {
		check(p.pc.SetRemoteDescription(read(lines, webrtc.SDPTypeAnswer)))
	}
	say(map[string]int64{"frames": p.frames.Load(), "messages": p.messages.Load()})
}

func connection(variant string) *webrtc.PeerConnection {
	var settings webrtc.SettingEngine
	switch variant {
	case "ice-lite":
		settings.SetLite(true)
	case "mdns":
		settings.SetICEMulticastDNSMode(ice.MulticastDNSModeQueryAndGather)
	case "dtls-active":
		check(settings.SetAnsweringDTLSRole(webrtc.DTLSRoleClient))
	case "dtls-passive":
		check(settings.SetAnsweringDTLSRole(webrtc.DTLSRoleServer))
	}
	var codecs webrtc.MediaEngine
	var interceptors interceptor.Registry
	if variant == "h264-only" {
		h264 := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeH264, ClockRate: 90000}
		only := webrtc.RTPCodecParameters{RTPCodecCapability: h264, PayloadType: 102}
		check(codecs.RegisterCodec(only, webrtc.RTPCodecTypeVideo))
	} else {
		check(codecs.RegisterDefaultCodecs())
	}
	check(webrtc.RegisterDefaultInterceptors(&codecs, &interceptors))
	api := webrtc.NewAPI(webrtc.WithSettingEngine(settings), webrtc.WithMediaEngine(&codecs),
		webrtc.WithInterceptorRegistry(&interceptors))
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	check(err)
	return pc
}

func (p *peer) describe(lines *bufio.Scanner) {
	var description webrtc.SessionDescription
	var err error
	if p.role == "answers" {
		lines.Scan()
		check(p.pc.SetRemoteDescription(read(lines, webrtc.SDPTypeOffer)))
		if p.variant == "channel-by-peer" {
			p.open()
		}
		description, err = p.pc.CreateAnswer(nil)
	} else {
		video, audio := webrtc.RTPCodecTypeVideo, webrtc.RTPCodecTypeAudio
		kinds := map[string][]webrtc.RTPCodecType{
			"audio-first": {audio, video}, "audio-last": {video, audio}, "two-videos": {video, video},
		}[p.variant]
		if kinds == nil {
			kinds = []webrtc.RTPCodecType{video}
		}
		for index, kind := range kinds {
			p.add(kind, index)
		}
		p.open()
		description, err = p.pc.CreateOffer(nil)
	}
	check(err)
	check(p.pc.SetLocalDescription(description))
}

func (p *peer) add(kind webrtc.RTPCodecType, index int) {
	if p.role == "watches" {
		only := webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}
		_, err := p.pc.AddTransceiverFromKind(kind, only)
		check(err)
		return
	}
	codec := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8}
	if kind == webrtc.RTPCodecTypeAudio {
		codec.MimeType = webrtc.MimeTypeOpus
	} else if p.variant == "h264-only" {
		codec.MimeType = webrtc.MimeTypeH264
	}
	track := func(options ...func(*webrtc.TrackLocalStaticRTP)) *webrtc.TrackLocalStaticRTP {
		track, err := webrtc.NewTrackLocalStaticRTP(codec, fmt.Sprint(index), "ball", options...)
		check(err)
		if kind == webrtc.RTPCodecTypeVideo {
			p.tracks = append(p.tracks, track)
		}
		return track
	}
	if p.variant != "simulcast" {
		_, err := p.pc.AddTrack(track())
		check(err)
		return
	}
	sender, err := p.pc.AddTrack(track(webrtc.WithRTPStreamID("full")))
	check(err)
	check(sender.AddEncoding(track(webrtc.WithRTPStreamID("half"))))
	check(sender.AddEncoding(track(webrtc.WithRTPStreamID("quarter"))))
}

func (p *peer) open() {
	channel, err := p.pc.CreateDataChannel("positions", nil)
	check(err)
	p.use(channel)
}

func (p *peer) use(channel *webrtc.DataChannel) {
	channel.OnMessage(func(webrtc.DataChannelMessage) { p.messages.Add(1) })
	channel.OnOpen(func() { p.channel.Store(channel) })
}

// Reports each frame without decoding it.
func (p *peer) watch(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
	for {
		packet, _, err := track.ReadRTP()
		if err != nil {
			return
		}
		if !packet.Marker {
			continue
		}
		p.frames.Add(1)
		if channel := p.channel.Load(); channel != nil {
			check(channel.SendText(fmt.Sprintf(`{"ts":%d,"state":"undetected"}`, packet.Timestamp)))
		}
	}
}

// Sends the clip over and over: for each of its frames a list of RTP payloads.
func (p *peer) send(clip string) {
	text, err := os.ReadFile(clip)
	check(err)
	var frames [][][]byte
	check(json.Unmarshal(text, &frames))
	var sequence uint16
	for number := 0; ; number++ {
		payloads := frames[number%len(frames)]
		for index, payload := range payloads {
			header := rtp.Header{Version: 2, SequenceNumber: sequence, Timestamp: uint32(3000 * number)}
			header.Marker = index == len(payloads)-1
			sequence++
			for _, track := range p.tracks {
				copied := header
				check(track.WriteRTP(&rtp.Packet{Header: copied, Payload: payload}))
			}
		}
		time.Sleep(time.Second / 30)
	}
}

func read(lines *bufio.Scanner, kind webrtc.SDPType) webrtc.SessionDescription {
	var given description
	check(json.Unmarshal(lines.Bytes(), &given))
	return webrtc.SessionDescription{Type: kind, SDP: given.SDP}
}

func say(message any) {
	check(json.NewEncoder(os.Stdout).Encode(message))
}

func version() string {
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		if module.Path == "github.com/pion/webrtc/v4" {
			return module.Version[1:]
		}
	}
	return "unknown"
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
