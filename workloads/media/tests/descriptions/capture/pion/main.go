// Writes what pion offers and answers: `go run . FOLDER OUR_OFFER`.
package main

import (
	"os"
	"path/filepath"
	"runtime/debug"

	"github.com/pion/ice/v4"
	"github.com/pion/webrtc/v4"
)

// What a variant does to the settings, and to the connection before it describes itself.
type variant struct {
	role, name string
	settings   func(*webrtc.SettingEngine)
	prepare    func(*webrtc.PeerConnection) error
}

func main() {
	folder := os.Args[1]
	offer, err := os.ReadFile(os.Args[2])
	check(err)
	channel := func(pc *webrtc.PeerConnection) error {
		_, err := pc.CreateDataChannel("positions", nil)
		return err
	}
	sends := func(kinds ...string) func(*webrtc.PeerConnection) error {
		return func(pc *webrtc.PeerConnection) error {
			for index, kind := range kinds {
				codec := webrtc.RTPCodecCapability{MimeType: kind}
				id := string(rune('a' + index))
				track, err := webrtc.NewTrackLocalStaticRTP(codec, id, "ball")
				check(err)
				_, err = pc.AddTrack(track)
				check(err)
			}
			return channel(pc)
		}
	}
	watches := func(kinds ...webrtc.RTPCodecType) func(*webrtc.PeerConnection) error {
		return func(pc *webrtc.PeerConnection) error {
			for _, kind := range kinds {
				only := webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}
				_, err := pc.AddTransceiverFromKind(kind, only)
				check(err)
			}
			return channel(pc)
		}
	}
	simulcast := func(pc *webrtc.PeerConnection) error {
		codec := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8}
		layer := func(rid string) *webrtc.TrackLocalStaticRTP {
			track, err := webrtc.NewTrackLocalStaticRTP(codec, "a", "ball", webrtc.WithRTPStreamID(rid))
			check(err)
			return track
		}
		sender, err := pc.AddTrack(layer("full"))
		check(err)
		check(sender.AddEncoding(layer("half")))
		check(sender.AddEncoding(layer("quarter")))
		return channel(pc)
	}
	answers := func(pc *webrtc.PeerConnection) error {
		return pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: string(offer)})
	}
	plain := func(*webrtc.SettingEngine) {}
	lite := func(settings *webrtc.SettingEngine) {
		settings.SetLite(true)
		settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	}
	mdns := func(settings *webrtc.SettingEngine) {
		settings.SetICEMulticastDNSMode(ice.MulticastDNSModeQueryAndGather)
	}
	role := func(role webrtc.DTLSRole) func(*webrtc.SettingEngine) {
		return func(settings *webrtc.SettingEngine) { check(settings.SetAnsweringDTLSRole(role)) }
	}
	vp8, opus, h264 := webrtc.MimeTypeVP8, webrtc.MimeTypeOpus, webrtc.MimeTypeH264
	audio, video := webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo
	for _, variant := range []variant{
		{"sends", "video", plain, sends(vp8)},
		{"sends", "audio-first", plain, sends(opus, vp8)},
		{"sends", "audio-last", plain, sends(vp8, opus)},
		{"sends", "two-videos", plain, sends(vp8, vp8)},
		{"sends", "simulcast", plain, simulcast},
		{"sends", "ice-lite", lite, sends(vp8)},
		{"sends", "h264-only", plain, sends(h264)},
		{"watches", "video", plain, watches(video)},
		{"watches", "audio-first", plain, watches(audio, video)},
		{"watches", "mdns", mdns, watches(video)},
		{"answers", "setup-active", role(webrtc.DTLSRoleClient), answers},
		{"answers", "setup-passive", role(webrtc.DTLSRoleServer), answers},
		{"answers", "ice-lite", lite, answers},
		{"answers", "mdns", mdns, answers},
	} {
		write(folder, variant)
	}
}

func write(folder string, variant variant) {
	var settings webrtc.SettingEngine
	variant.settings(&settings)
	var codecs webrtc.MediaEngine
	if variant.name == "h264-only" {
		parameters := webrtc.RTPCodecParameters{
			RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeH264, ClockRate: 90000},
			PayloadType:        102,
		}
		check(codecs.RegisterCodec(parameters, webrtc.RTPCodecTypeVideo))
	} else {
		check(codecs.RegisterDefaultCodecs())
	}
	api := webrtc.NewAPI(webrtc.WithSettingEngine(settings), webrtc.WithMediaEngine(&codecs))
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	check(err)
	check(variant.prepare(pc))
	gathered := webrtc.GatheringCompletePromise(pc)
	var description webrtc.SessionDescription
	if variant.role == "answers" {
		description, err = pc.CreateAnswer(nil)
	} else {
		description, err = pc.CreateOffer(nil)
	}
	check(err)
	check(pc.SetLocalDescription(description))
	<-gathered
	name := "pion-" + version() + "." + variant.role + "." + variant.name + ".sdp"
	check(os.WriteFile(filepath.Join(folder, name), []byte(pc.LocalDescription().SDP), 0o644))
	check(pc.Close())
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
		panic(err)
	}
}
