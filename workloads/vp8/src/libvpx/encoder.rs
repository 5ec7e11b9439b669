//! libvpx's VP8 encoder, with the settings that suit a server which encodes once for many.

use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::ptr;

use picture::{I420, Size};
use vpx_sys::vp8e_enc_control_id::{
    VP8E_SET_ACTIVEMAP, VP8E_SET_CPUUSED, VP8E_SET_MAX_INTRA_BITRATE_PCT, VP8E_SET_NOISE_SENSITIVITY,
    VP8E_SET_STATIC_THRESHOLD,
};
use vpx_sys::{
    VPX_DL_REALTIME, VPX_EFLAG_FORCE_KF, VPX_ENCODER_ABI_VERSION, VPX_FRAME_IS_KEY, vpx_active_map_t,
    vpx_codec_control_, vpx_codec_cx_pkt_kind, vpx_codec_enc_cfg_t, vpx_codec_enc_config_default,
    vpx_codec_enc_config_set, vpx_codec_enc_init_ver, vpx_codec_encode, vpx_codec_err_t,
    vpx_codec_get_cx_data, vpx_codec_vp8_cx, vpx_enc_pass, vpx_kf_mode, vpx_rc_mode,
};

use super::context::Context;
use super::image;
use crate::active_map::ActiveMap;
use crate::error::Error;
use crate::limits::CLOCK_RATE;
use crate::settings::EncoderSettings;

/// A frame as the encoder lends it: valid until the encoder is used again.
#[derive(Debug, Clone, Copy)]
pub struct Encoded<'a> {
    /// The VP8 frame, never empty.
    pub data: &'a [u8],
    /// Whether it can be decoded by itself.
    pub keyframe: bool,
}

/// An encoder for pictures of one size.
pub(crate) struct LibraryEncoder {
    context: Context,
    size: Size,
}

impl LibraryEncoder {
    pub(crate) fn new(settings: &EncoderSettings) -> Result<Self, Error> {
        let config = configuration(settings)?;
        let mut context = Context::zeroed();
        // SAFETY: the context is zeroed, the interface static, the configuration filled by libvpx and copied by it.
        let status = unsafe {
            vpx_codec_enc_init_ver(
                context.as_mut_ptr(),
                vp8(),
                &config,
                0,
                VPX_ENCODER_ABI_VERSION.cast_signed(),
            )
        };
        context.check(status, "opening the encoder")?;

        let controls = [
            // Close to the fastest: slower ones find a moving disc no more precisely on the whole. From 12 on libvpx
            // does not take a change of scene for a reason to send a keyframe.
            (VP8E_SET_CPUUSED, -12),
            // Leaves macroblocks alone that did not change at all.
            (VP8E_SET_STATIC_THRESHOLD, 1),
            // Drawn pictures have no camera noise to take away.
            (VP8E_SET_NOISE_SENSITIVITY, 0),
            // A keyframe may be as long as three average frames: longer ones make bursts that small queues lose.
            (VP8E_SET_MAX_INTRA_BITRATE_PCT, 300),
        ];
        for (control, value) in controls {
            let value: c_int = value;
            // SAFETY: the context is initialised as an encoder. The first of these controls takes an `int`, the others
            // an `unsigned int`, for which C lets one pass an `int` that is not negative.
            let status = unsafe { vpx_codec_control_(context.as_mut_ptr(), control as c_int, value) };
            context.check(status, "setting up the encoder")?;
        }
        Ok(Self { context, size: settings.size })
    }

    /// Replaces the settings, of which the size must be the one from before.
    pub(crate) fn configure(&mut self, settings: &EncoderSettings) -> Result<(), Error> {
        let config = configuration(settings)?;
        // SAFETY: the context is initialised as an encoder; libvpx copies the configuration.
        let status = unsafe { vpx_codec_enc_config_set(self.context.as_mut_ptr(), &config) };
        self.context.check(status, "changing the encoder's settings")
    }

    /// Which macroblocks the next pictures' interframes may change; all of them without a map.
    pub(crate) fn set_active(&mut self, map: Option<&ActiveMap>) -> Result<(), Error> {
        let (columns, rows) = ActiveMap::dimensions(self.size);
        let mut request = vpx_active_map_t {
            // The type is `*mut` because another control fills a map in; this one only reads.
            active_map: map.map_or(ptr::null_mut(), |map| map.macroblocks().as_ptr().cast_mut()),
            rows: rows as u32,
            cols: columns as u32,
        };
        if let Some(map) = map.filter(|map| map.size() != self.size) {
            return Err(Error::Mismatch { what: "an active map", given: map.size(), encoder: self.size });
        }
        // SAFETY: the context is initialised as an encoder, and this control takes a `vpx_active_map_t *`. Its map has
        // a byte for each of rows x cols macroblocks, as its size is the encoder's; libvpx copies it.
        let status = unsafe {
            vpx_codec_control_(
                self.context.as_mut_ptr(),
                VP8E_SET_ACTIVEMAP as c_int,
                ptr::from_mut(&mut request),
            )
        };
        self.context.check(status, "setting the active map")
    }

    /// Encodes a picture that is shown `ticks` after the first one, for `duration` ticks of [`CLOCK_RATE`].
    pub(crate) fn encode(
        &mut self,
        picture: &I420<'_>,
        ticks: i64,
        duration: u32,
        keyframe: bool,
    ) -> Result<Encoded<'_>, Error> {
        if picture.size() != self.size {
            return Err(Error::Mismatch { what: "a picture", given: picture.size(), encoder: self.size });
        }
        let image = image::describe(picture)?;
        let flags = if keyframe { VPX_EFLAG_FORCE_KF } else { 0 };
        // SAFETY: the context is initialised as an encoder. The image has the encoder's size and describes planes that
        // the caller lends for the duration of this call; libvpx copies what it keeps of them.
        let status = unsafe {
            vpx_codec_encode(
                self.context.as_mut_ptr(),
                &image,
                ticks,
                duration.into(),
                flags.into(),
                VPX_DL_REALTIME.into(),
            )
        };
        self.context.check(status, "encoding a picture")?;
        self.frame()
    }

    /// The frame that the last picture became.
    fn frame(&mut self) -> Result<Encoded<'_>, Error> {
        let unexpected = |reason: &str| Error::Library { doing: "encoding a picture", reason: reason.into() };
        let mut iterator = ptr::null();
        // SAFETY: the context is initialised as an encoder, and a null iterator asks for its first packet.
        let packet = unsafe { vpx_codec_get_cx_data(self.context.as_mut_ptr(), &mut iterator) };
        if packet.is_null() {
            return Err(unexpected("it dropped the frame"));
        }
        // SAFETY: not null, so a packet in the context, which libvpx changes with the next encoding only. The same
        // holds for the reads below.
        let kind = unsafe { (*packet).kind };
        if kind != vpx_codec_cx_pkt_kind::VPX_CODEC_CX_FRAME_PKT {
            return Err(unexpected("it returned something else than a frame"));
        }
        // SAFETY: see above; only an address is taken.
        let frame = unsafe { &raw const (*packet).data.frame };
        // SAFETY: see above; of a packet of this kind `frame` is the field of the union that is set.
        let flags = unsafe { (*frame).flags };
        // SAFETY: as for the flags.
        let data = unsafe { (*frame).buf };
        // SAFETY: as for the flags.
        let length = unsafe { (*frame).sz };
        if data.is_null() || length == 0 {
            return Err(unexpected("it returned an empty frame"));
        }
        // SAFETY: `length` bytes that the encoder has written, in a buffer that is the context's own and stays as it is
        // until the context is used again, which the returned borrow of `self` rules out.
        let data = unsafe { std::slice::from_raw_parts(data.cast::<u8>(), length) };
        Ok(Encoded { data, keyframe: flags & VPX_FRAME_IS_KEY != 0 })
    }
}

/// libvpx's VP8 encoder.
fn vp8() -> *const vpx_sys::vpx_codec_iface {
    // SAFETY: returns the address of a static table.
    unsafe { vpx_codec_vp8_cx() }
}

/// libvpx's default configuration with our settings in it.
fn configuration(settings: &EncoderSettings) -> Result<vpx_codec_enc_cfg_t, Error> {
    let mut config = MaybeUninit::uninit();
    // SAFETY: the interface is an encoder's, usage 0 the only one there is, and the pointer good for writing.
    let status = unsafe { vpx_codec_enc_config_default(vp8(), config.as_mut_ptr(), 0) };
    if status != vpx_codec_err_t::VPX_CODEC_OK {
        return Err(Error::Library { doing: "asking for defaults", reason: format!("{status:?}") });
    }
    // SAFETY: it succeeded, so it has assigned a whole structure, with valid enums in it. (Zeroes would not be valid:
    // `vpx_bit_depth_t` has no variant of value 0.)
    let mut config: vpx_codec_enc_cfg_t = unsafe { config.assume_init() };
    // A `Size` is at most 16384.
    config.g_w = settings.size.width() as u32;
    config.g_h = settings.size.height() as u32;
    config.g_timebase.num = 1;
    config.g_timebase.den = CLOCK_RATE.cast_signed();
    // Bilinear prediction and no loop filter (RFC 6386, section 9.1). The filter goes over each picture as a whole,
    // however little of it changed, here and in every decoder: without it both are a quarter cheaper, streams no
    // longer, and a disc is found as well.
    config.g_profile = 2;
    // Every picture in becomes one frame out, at once: no lag, no second pass, no dropped frame.
    config.g_pass = vpx_enc_pass::VPX_RC_ONE_PASS;
    config.g_lag_in_frames = 0;
    config.rc_dropframe_thresh = 0;
    config.rc_resize_allowed = 0;
    // More threads wait for one another by spinning: with two, a busy machine took 105 ms a frame.
    config.g_threads = 1;
    config.rc_end_usage = vpx_rc_mode::VPX_CBR;
    config.rc_target_bitrate = settings.bitrate_kbps;
    config.rc_min_quantizer = 2;
    config.rc_max_quantizer = 56;
    config.rc_undershoot_pct = 100;
    config.rc_overshoot_pct = 15;
    // A short memory of the rate, in ms: what a receiver has to absorb as delay.
    config.rc_buf_initial_sz = 500;
    config.rc_buf_optimal_sz = 600;
    config.rc_buf_sz = 1000;
    // Receivers ask for keyframes; on its own account the encoder sends one now and then.
    config.kf_mode = vpx_kf_mode::VPX_KF_AUTO;
    config.kf_max_dist = 3000;
    Ok(config)
}
