//! The decoder's face: which frames it lets through to libvpx.

use picture::{I420, Size};

use crate::error::Error;
use crate::header::FrameHeader;
use crate::libvpx::LibraryDecoder;

/// Makes VP8 frames pictures again.
///
/// ```compile_fail,E0499
/// # let limit = picture::Size::new(640, 480).unwrap();
/// # let (one, two) = ([0u8; 4], [0u8; 4]);
/// let mut decoder = vp8::Decoder::new(limit);
/// let first = decoder.decode(&one);
/// let second = decoder.decode(&two); // `first` is a view into the decoder, which this call would change
/// drop(first);
/// ```
///
/// ```compile_fail,E0505
/// # let limit = picture::Size::new(640, 480).unwrap();
/// let mut decoder = vp8::Decoder::new(limit);
/// let picture = decoder.decode(&[0; 4]);
/// drop(decoder); // `picture` would be left without the memory that it is a view of
/// drop(picture);
/// ```
pub struct Decoder {
    limit: Size,
    /// None where only a keyframe can be decoded.
    library: Option<LibraryDecoder>,
}

impl Decoder {
    /// A decoder for pictures of up to `limit` in width and in height. The size of a picture is its sender's claim:
    /// the limit is what keeps a few bytes from costing a gigabyte.
    pub fn new(limit: Size) -> Self {
        Self { limit, library: None }
    }

    /// Decodes `frame`, a whole VP8 frame. The picture is a view into the decoder; there is none where the frame is
    /// not one to show.
    ///
    /// # Errors
    /// For anything that is not a whole frame of a picture within the limit. Whatever the error, the frames after it
    /// build on one that is not there: the decoder refuses them with [`Error::KeyframeNeeded`] until a keyframe comes.
    pub fn decode(&mut self, frame: &[u8]) -> Result<Option<I420<'_>>, Error> {
        // Taken out here and put back when all went well: libvpx leaves a decoder by longjmp in an error, in a state
        // that is nobody's promise.
        let mut library = self.library.take();
        if let FrameHeader::Keyframe { width, height } = FrameHeader::parse(frame)? {
            self.check(Size::new(width.into(), height.into())?)?;
            if library.is_none() {
                library = Some(LibraryDecoder::new()?);
            }
        }
        let mut library = library.ok_or(Error::KeyframeNeeded)?;
        library.decode(frame)?;
        self.library.insert(library).picture()
    }

    fn check(&self, given: Size) -> Result<(), Error> {
        let limit = self.limit;
        if given.width() <= limit.width() && given.height() <= limit.height() {
            Ok(())
        } else {
            Err(Error::TooLarge { given, limit })
        }
    }
}

impl std::fmt::Debug for Decoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Decoder").field("limit", &self.limit).finish_non_exhaustive()
    }
}
